import { PfsError } from './failure'

/** A repo by name; its type is `user` where absent. */
export interface RepoRef { readonly project: string, readonly repo: string, readonly type?: string }

export interface BranchRef extends RepoRef { readonly branch: string }

export interface BucketRef extends BranchRef {
  /** Canonical: `[<commit>.]<branch>.<repo>.<project>`. */
  readonly name: string
  /** The bucket is one commit, read-only. */
  readonly commit?: string
}

const commitId = /^[0-9a-f]{12}4[0-9a-f]{19}$/
/** In a reference PFS takes upper-case digits for an id as well, so a branch of that form could not be addressed. */
const looksLikeCommitId = /^[0-9a-f]{12}4[0-9a-f]{19}$/i
const component = /^[a-zA-Z0-9_](?:[a-zA-Z0-9_-]*[a-zA-Z0-9_])?$/
const nameCharsMax = 255
const projectCharsMax = 51

export function isCommitId(text: string): boolean {
  return commitId.test(text)
}

/**
 * What a bucket's name means: `[<commit>.]<branch>.<repo>.<project>`, `[<commit>.]<branch>.<repo>` (project `default`) or
 * `[<commit>.]<repo>` (branch `master`). bad-name where it is none of them or names what PFS cannot hold; no-bucket for the
 * repo name that PFS keeps to itself.
 */
export function bucketRef(name: string): BucketRef {
  if (name.length > nameCharsMax) throw badName('is too long')
  const parts = name.split('.')
  if (!parts.every((part) => component.test(part))) throw badName('has an empty or illegal component')
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part))) throw badName('looks like an IP address')
  const [first] = parts
  const commit = parts.length > 1 && first !== undefined && commitId.test(first) ? parts.shift() : undefined
  const [branch, repo, project, ...rest] = parts.length === 1 ? ['master', ...parts] : parts
  if (branch === undefined || repo === undefined || rest.length > 0) throw badName('has too many components')
  const found = refOf(branch, repo, project ?? 'default', commit)
  if (found.name.length > nameCharsMax) throw badName('is too long')
  return found
}

function refOf(branch: string, repo: string, project: string, commit: string | undefined): BucketRef {
  if (looksLikeCommitId.test(branch)) throw badName('has a branch that looks like a commit')
  if (project.length > projectCharsMax || !/^[a-zA-Z0-9]/.test(project)) throw badName('has a project that PFS cannot hold')
  if (repo === '__filesets__') throw new PfsError('no-bucket', 'the repo is reserved')
  const name = bucketName({ project, repo, branch })
  return commit === undefined ? { name, project, repo, branch } : { name: `${commit}.${name}`, project, repo, branch, commit }
}

export function bucketName(ref: BranchRef): string {
  return `${ref.branch}.${ref.repo}.${ref.project}`
}

function badName(what: string): PfsError {
  return new PfsError('bad-name', `the bucket name ${what}`)
}
