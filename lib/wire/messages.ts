// Generated from proto/ by scripts/generate-wire.ts. Not to be edited.

export interface ClusterInfo {
  id?: string
  deployment_id?: string
  warnings_ok?: boolean
  warnings?: string[]
  proxy_host?: string
  proxy_tls?: boolean
  paused?: boolean
}

export interface InspectClusterRequest {
  client_version?: Version
  current_project?: Project
}

export interface Project {
  name?: string
}

export interface Repo {
  name?: string
  type?: string
  project?: Project
}

export interface Branch {
  repo?: Repo
  name?: string
}

export interface Commit {
  branch?: Branch
  id?: string
  repo?: Repo
}

export interface File {
  commit?: Commit
  path?: string
  datum?: string
}

export type OriginKind = 'ORIGIN_KIND_UNKNOWN' | 'USER' | 'AUTO' | 'FSCK'

export type CommitState = 'COMMIT_STATE_UNKNOWN' | 'STARTED' | 'READY' | 'FINISHING' | 'FINISHED'

export type FileType = 'RESERVED' | 'FILE' | 'DIR'

export interface CommitOrigin {
  kind?: OriginKind
}

export interface CommitInfo {
  commit?: Commit
  origin?: CommitOrigin
  description?: string
  parent_commit?: Commit
  child_commits?: Commit[]
  started?: Timestamp
  finishing?: Timestamp
  finished?: Timestamp
  error?: string
  size_bytes_upper_bound?: number
  details?: CommitInfo_Details
  direct_provenance?: Commit[]
  metadata?: Record<string, string>
  direct_subvenance?: Commit[]
  created_by?: string
  created_at?: Timestamp
  updated_at?: Timestamp
}

export interface CommitInfo_Details {
  size_bytes?: number
  compacting_time?: Duration
  validating_time?: Duration
}

export interface Trigger {
  branch?: string
  all?: boolean
  rate_limit_spec?: string
  size?: string
  commits?: number
  cron_spec?: string
}

export interface BranchInfo {
  branch?: Branch
  head?: Commit
  provenance?: Branch[]
  subvenance?: Branch[]
  direct_provenance?: Branch[]
  trigger?: Trigger
  metadata?: Record<string, string>
  created_by?: string
  created_at?: Timestamp
  updated_at?: Timestamp
}

export interface AuthInfo {
  roles?: string[]
}

export interface RepoInfo {
  repo?: Repo
  created?: Timestamp
  size_bytes_upper_bound?: number
  description?: string
  branches?: Branch[]
  auth_info?: AuthInfo
  details?: RepoInfo_Details
  metadata?: Record<string, string>
}

export interface RepoInfo_Details {
  size_bytes?: number
}

export interface ProjectInfo {
  project?: Project
  description?: string
  auth_info?: AuthInfo
  created_at?: Timestamp
  metadata?: Record<string, string>
  created_by?: string
}

export interface FileInfo {
  file?: File
  file_type?: FileType
  committed?: Timestamp
  size_bytes?: number
  hash?: Buffer
  attributes?: FileAttributes
  created?: Created
  revision?: number
  content?: Buffer
}

export interface PathRange {
  lower?: string
  upper?: string
}

export interface CreateRepoRequest {
  repo?: Repo
  description?: string
  update?: boolean
}

export interface InspectRepoRequest {
  repo?: Repo
}

export interface RepoPage {
  order?: RepoPage_Ordering
  page_size?: number
  page_index?: number
}

export type RepoPage_Ordering = 'PROJECT_REPO'

export interface ListRepoRequest {
  type?: string
  projects?: Project[]
  page?: RepoPage
}

export interface DeleteRepoRequest {
  repo?: Repo
  force?: boolean
  if_unwritten?: boolean
}

export interface DeleteRepoResponse {
  deleted?: boolean
}

export interface StartCommitRequest {
  parent?: Commit
  description?: string
  branch?: Branch
}

export interface FinishCommitRequest {
  commit?: Commit
  description?: string
  error?: string
  force?: boolean
}

export interface InspectCommitRequest {
  commit?: Commit
  wait?: CommitState
}

export interface ListCommitRequest {
  repo?: Repo
  from?: Commit
  to?: Commit
  number?: number
  reverse?: boolean
  all?: boolean
  origin_kind?: OriginKind
  started_time?: Timestamp
}

export interface SquashCommitRequest {
  commit?: Commit
  recursive?: boolean
}

export type SquashCommitResponse = Record<string, never>

export interface DropCommitRequest {
  commit?: Commit
  recursive?: boolean
}

export type DropCommitResponse = Record<string, never>

export interface CreateBranchRequest {
  head?: Commit
  branch?: Branch
  provenance?: Branch[]
  trigger?: Trigger
  new_commit_set?: boolean
}

export interface InspectBranchRequest {
  branch?: Branch
}

export interface ListBranchRequest {
  repo?: Repo
  reverse?: boolean
}

export interface DeleteBranchRequest {
  branch?: Branch
  force?: boolean
  expected_head?: string
}

export interface AddFile {
  path?: string
  datum?: string
  raw?: BytesValue
  url?: AddFile_URLSource
  attributes?: FileAttributes
}

export interface AddFile_URLSource {
  URL?: string
  recursive?: boolean
  concurrency?: number
}

export interface DeleteFile {
  path?: string
  datum?: string
  literal?: boolean
}

export interface CopyFile {
  dst?: string
  datum?: string
  src?: File
  append?: boolean
  attributes?: FileAttributes
  literal?: boolean
}

export interface ModifyFileRequest {
  set_commit?: Commit
  add_file?: AddFile
  delete_file?: DeleteFile
  copy_file?: CopyFile
  expect_file?: ExpectFile
  expected_head?: string
}

export interface ExpectFile {
  path?: string
  revision?: number
}

export interface GetFileRequest {
  file?: File
  URL?: string
  offset?: number
  path_range?: PathRange
  length?: number
}

export interface InspectFileRequest {
  file?: File
}

export interface ListFileRequest {
  file?: File
  paginationMarker?: File
  number?: number
  reverse?: boolean
}

export interface WalkFileRequest {
  file?: File
  paginationMarker?: File
  number?: number
  reverse?: boolean
}

export interface GlobFileRequest {
  commit?: Commit
  pattern?: string
  path_range?: PathRange
  content_bytes_max?: number
}

export interface CreateFileSetResponse {
  file_set_id?: string
}

export interface AddFileSetRequest {
  commit?: Commit
  file_set_id?: string
}

export interface RenewFileSetRequest {
  file_set_id?: string
  ttl_seconds?: number
}

export interface ComposeFileSetRequest {
  file_set_ids?: string[]
  ttl_seconds?: number
  compact?: boolean
}

export interface CreateProjectRequest {
  project?: Project
  description?: string
  update?: boolean
}

export interface InspectProjectRequest {
  project?: Project
}

export type ListProjectRequest = Record<string, never>

export interface DeleteProjectRequest {
  project?: Project
  force?: boolean
}

export interface Duration {
  seconds?: number
  nanos?: number
}

export type Empty = Record<string, never>

export interface Timestamp {
  seconds?: number
  nanos?: number
}

export interface BytesValue {
  value?: Buffer
}

export interface PartTable {
  numbers?: number[]
  sizes?: number[]
  checksum_algorithm?: string
  checksums?: Buffer[]
}

export interface FileAttributes {
  entries?: Record<string, string>
  parts?: PartTable
}

export interface Created {
  commit_id?: string
  time?: Timestamp
}

export interface CapabilitiesResponse {
  paths?: string
  attributes?: boolean
  created?: boolean
  literal?: boolean
  expected_head?: boolean
  read_length?: boolean
  list?: boolean
  commit_id?: boolean
  if_unwritten?: boolean
}

export interface ListRequest {
  project?: string
  repo?: string
  repo_type?: string
  commit_id?: string
  prefix?: string
  delimiter?: string
  after?: string
  after_subtree?: boolean
  limit?: number
}

export interface ListedFile {
  path?: string
  size_bytes?: number
  hash?: Buffer
  attributes?: FileAttributes
  created?: Created
}

export interface ListResponse {
  files?: ListedFile[]
  common_prefixes?: string[]
  truncated?: boolean
  last?: string
}

export interface Version {
  major?: number
  minor?: number
  micro?: number
  additional?: string
  git_commit?: string
  git_tree_modified?: string
  build_date?: string
  go_version?: string
  platform?: string
}

export type WhoAmIRequest = Record<string, never>

export interface WhoAmIResponse {
  username?: string
  expiration?: Timestamp
}

export interface HealthCheckRequest {
  service?: string
}

export interface HealthCheckResponse {
  status?: HealthCheckResponse_ServingStatus
}

export type HealthCheckResponse_ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

/** Every RPC that the program speaks, by its path on the wire. */
export interface Rpcs {
  '/admin_v2.API/InspectCluster': { kind: 'unary', request: InspectClusterRequest, response: ClusterInfo }
  '/pfs_v2.API/CreateProject': { kind: 'unary', request: CreateProjectRequest, response: Empty }
  '/pfs_v2.API/InspectProject': { kind: 'unary', request: InspectProjectRequest, response: ProjectInfo }
  '/pfs_v2.API/ListProject': { kind: 'server-stream', request: ListProjectRequest, response: ProjectInfo }
  '/pfs_v2.API/DeleteProject': { kind: 'unary', request: DeleteProjectRequest, response: Empty }
  '/pfs_v2.API/CreateRepo': { kind: 'unary', request: CreateRepoRequest, response: Empty }
  '/pfs_v2.API/InspectRepo': { kind: 'unary', request: InspectRepoRequest, response: RepoInfo }
  '/pfs_v2.API/ListRepo': { kind: 'server-stream', request: ListRepoRequest, response: RepoInfo }
  '/pfs_v2.API/DeleteRepo': { kind: 'unary', request: DeleteRepoRequest, response: DeleteRepoResponse }
  '/pfs_v2.API/CreateBranch': { kind: 'unary', request: CreateBranchRequest, response: Empty }
  '/pfs_v2.API/InspectBranch': { kind: 'unary', request: InspectBranchRequest, response: BranchInfo }
  '/pfs_v2.API/ListBranch': { kind: 'server-stream', request: ListBranchRequest, response: BranchInfo }
  '/pfs_v2.API/DeleteBranch': { kind: 'unary', request: DeleteBranchRequest, response: Empty }
  '/pfs_v2.API/StartCommit': { kind: 'unary', request: StartCommitRequest, response: Commit }
  '/pfs_v2.API/FinishCommit': { kind: 'unary', request: FinishCommitRequest, response: Empty }
  '/pfs_v2.API/InspectCommit': { kind: 'unary', request: InspectCommitRequest, response: CommitInfo }
  '/pfs_v2.API/ListCommit': { kind: 'server-stream', request: ListCommitRequest, response: CommitInfo }
  '/pfs_v2.API/SquashCommit': { kind: 'unary', request: SquashCommitRequest, response: SquashCommitResponse }
  '/pfs_v2.API/DropCommit': { kind: 'unary', request: DropCommitRequest, response: DropCommitResponse }
  '/pfs_v2.API/ModifyFile': { kind: 'client-stream', request: ModifyFileRequest, response: Empty }
  '/pfs_v2.API/GetFile': { kind: 'server-stream', request: GetFileRequest, response: BytesValue }
  '/pfs_v2.API/InspectFile': { kind: 'unary', request: InspectFileRequest, response: FileInfo }
  '/pfs_v2.API/ListFile': { kind: 'server-stream', request: ListFileRequest, response: FileInfo }
  '/pfs_v2.API/WalkFile': { kind: 'server-stream', request: WalkFileRequest, response: FileInfo }
  '/pfs_v2.API/GlobFile': { kind: 'server-stream', request: GlobFileRequest, response: FileInfo }
  '/pfs_v2.API/CreateFileSet': { kind: 'client-stream', request: ModifyFileRequest, response: CreateFileSetResponse }
  '/pfs_v2.API/AddFileSet': { kind: 'unary', request: AddFileSetRequest, response: Empty }
  '/pfs_v2.API/RenewFileSet': { kind: 'unary', request: RenewFileSetRequest, response: Empty }
  '/pfs_v2.API/ComposeFileSet': { kind: 'unary', request: ComposeFileSetRequest, response: CreateFileSetResponse }
  '/pfs_extension.API/Capabilities': { kind: 'unary', request: Empty, response: CapabilitiesResponse }
  '/pfs_extension.API/List': { kind: 'unary', request: ListRequest, response: ListResponse }
  '/versionpb_v2.API/GetVersion': { kind: 'unary', request: Empty, response: Version }
  '/auth_v2.API/WhoAmI': { kind: 'unary', request: WhoAmIRequest, response: WhoAmIResponse }
  '/grpc.health.v1.Health/Check': { kind: 'unary', request: HealthCheckRequest, response: HealthCheckResponse }
}

export const rpcKinds: { readonly [Path in keyof Rpcs]: Rpcs[Path]['kind'] } = {
  '/admin_v2.API/InspectCluster': 'unary',
  '/pfs_v2.API/CreateProject': 'unary',
  '/pfs_v2.API/InspectProject': 'unary',
  '/pfs_v2.API/ListProject': 'server-stream',
  '/pfs_v2.API/DeleteProject': 'unary',
  '/pfs_v2.API/CreateRepo': 'unary',
  '/pfs_v2.API/InspectRepo': 'unary',
  '/pfs_v2.API/ListRepo': 'server-stream',
  '/pfs_v2.API/DeleteRepo': 'unary',
  '/pfs_v2.API/CreateBranch': 'unary',
  '/pfs_v2.API/InspectBranch': 'unary',
  '/pfs_v2.API/ListBranch': 'server-stream',
  '/pfs_v2.API/DeleteBranch': 'unary',
  '/pfs_v2.API/StartCommit': 'unary',
  '/pfs_v2.API/FinishCommit': 'unary',
  '/pfs_v2.API/InspectCommit': 'unary',
  '/pfs_v2.API/ListCommit': 'server-stream',
  '/pfs_v2.API/SquashCommit': 'unary',
  '/pfs_v2.API/DropCommit': 'unary',
  '/pfs_v2.API/ModifyFile': 'client-stream',
  '/pfs_v2.API/GetFile': 'server-stream',
  '/pfs_v2.API/InspectFile': 'unary',
  '/pfs_v2.API/ListFile': 'server-stream',
  '/pfs_v2.API/WalkFile': 'server-stream',
  '/pfs_v2.API/GlobFile': 'server-stream',
  '/pfs_v2.API/CreateFileSet': 'client-stream',
  '/pfs_v2.API/AddFileSet': 'unary',
  '/pfs_v2.API/RenewFileSet': 'unary',
  '/pfs_v2.API/ComposeFileSet': 'unary',
  '/pfs_extension.API/Capabilities': 'unary',
  '/pfs_extension.API/List': 'unary',
  '/versionpb_v2.API/GetVersion': 'unary',
  '/auth_v2.API/WhoAmI': 'unary',
  '/grpc.health.v1.Health/Check': 'unary',
}
