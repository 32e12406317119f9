import type { Service } from '../service'
import { addFileSet } from './add-file-set'
import { capabilities } from './capabilities'
import { check } from './check'
import { composeFileSet } from './compose-file-set'
import { createBranch } from './create-branch'
import { createFileSet } from './create-file-set'
import { createProject } from './create-project'
import { createRepo } from './create-repo'
import { deleteBranch } from './delete-branch'
import { deleteProject } from './delete-project'
import { deleteRepo } from './delete-repo'
import { dropCommit } from './drop-commit'
import { finishCommit } from './finish-commit'
import { getFile } from './get-file'
import { getVersion } from './get-version'
import { globFile } from './glob-file'
import { inspectBranch } from './inspect-branch'
import { inspectCluster } from './inspect-cluster'
import { inspectCommit } from './inspect-commit'
import { inspectFile } from './inspect-file'
import { inspectProject } from './inspect-project'
import { inspectRepo } from './inspect-repo'
import { list } from './list'
import { listBranch } from './list-branch'
import { listCommit } from './list-commit'
import { listFile } from './list-file'
import { listProject } from './list-project'
import { listRepo } from './list-repo'
import { modifyFile } from './modify-file'
import { renewFileSet } from './renew-file-set'
import type { Instance } from './shared/instance'
import { squashCommit } from './squash-commit'
import { startCommit } from './start-commit'
import { walkFile } from './walk-file'
import { whoAmI } from './who-am-i'

/** Every RPC that is spoken, by its path: the only list of the files in this room. */
export function rpcTable(instance: Instance): Required<Service> {
  return {
    '/admin_v2.API/InspectCluster': inspectCluster(instance),
    '/pfs_v2.API/CreateProject': createProject(instance),
    '/pfs_v2.API/InspectProject': inspectProject(instance),
    '/pfs_v2.API/ListProject': listProject(instance),
    '/pfs_v2.API/DeleteProject': deleteProject(instance),
    '/pfs_v2.API/CreateRepo': createRepo(instance),
    '/pfs_v2.API/InspectRepo': inspectRepo(instance),
    '/pfs_v2.API/ListRepo': listRepo(instance),
    '/pfs_v2.API/DeleteRepo': deleteRepo(instance),
    '/pfs_v2.API/CreateBranch': createBranch(instance),
    '/pfs_v2.API/InspectBranch': inspectBranch(instance),
    '/pfs_v2.API/ListBranch': listBranch(instance),
    '/pfs_v2.API/DeleteBranch': deleteBranch(instance),
    '/pfs_v2.API/StartCommit': startCommit(instance),
    '/pfs_v2.API/FinishCommit': finishCommit(instance),
    '/pfs_v2.API/InspectCommit': inspectCommit(instance),
    '/pfs_v2.API/ListCommit': listCommit(instance),
    '/pfs_v2.API/SquashCommit': squashCommit(instance),
    '/pfs_v2.API/DropCommit': dropCommit(instance),
    '/pfs_v2.API/ModifyFile': modifyFile(instance),
    '/pfs_v2.API/GetFile': getFile(instance),
    '/pfs_v2.API/InspectFile': inspectFile(instance),
    '/pfs_v2.API/ListFile': listFile(instance),
    '/pfs_v2.API/WalkFile': walkFile(instance),
    '/pfs_v2.API/GlobFile': globFile(instance),
    '/pfs_v2.API/CreateFileSet': createFileSet(instance),
    '/pfs_v2.API/AddFileSet': addFileSet(instance),
    '/pfs_v2.API/RenewFileSet': renewFileSet(instance),
    '/pfs_v2.API/ComposeFileSet': composeFileSet(instance),
    '/pfs_extension.API/Capabilities': capabilities(instance),
    '/pfs_extension.API/List': list(instance),
    '/versionpb_v2.API/GetVersion': getVersion(),
    '/auth_v2.API/WhoAmI': whoAmI(),
    '/grpc.health.v1.Health/Check': check(),
  }
}
