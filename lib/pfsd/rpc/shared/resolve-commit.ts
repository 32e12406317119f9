import { Code, RpcFailure } from '../../failure'
import { parseAncestry, type Ancestry } from '../../model/ancestry'
import { isCommitIdReference } from '../../model/names'
import { findRepo, headOf } from './find'
import { nilPointer, saying } from './pachd-texts'
import { projectName, repoKey, repoOfCommit, repoText, type RepoReference } from './reference'
import type { BranchRow, CommitRow, RepoRow } from '../../store/rows'
import type { Reader } from '../../store/store'
import type { Commit } from '../../../wire/messages'

/** What a message's commit turned out to be. */
export interface ResolvedCommit {
  readonly repo: RepoRow
  readonly reference: RepoReference
  readonly commit: CommitRow
}

/** pachd's texts begin with what it was doing; each of its calls says so in its own words. */
const picking = 'pick commit tx: '

/**
 * Finds the commit that a message names: by id, by branch, or by an ancestor of either (`master^2`, `master.1`). Throws
 * with pachd's code and text, behind `prefix`. The repo's type is `user` unless said.
 */
export function resolveCommit(read: Reader, commit: Commit | undefined, prefix = ''): ResolvedCommit {
  const found = lookUpCommit(read, commit, prefix)
  if ('failure' in found) throw found.failure
  return found
}

/** The same, but answers the failure where it only says that something is missing. */
export function lookUpCommit(read: Reader, commit: Commit | undefined, prefix = ''): ResolvedCommit | { readonly failure: RpcFailure } {
  if (commit === undefined) throw new RpcFailure(Code.unknown, 'commit cannot be nil')
  const reference = readReference(commit)
  const id = commit.id ?? ''
  const branch = commit.branch?.name ?? ''
  if (id === '' && branch === '') throw new RpcFailure(Code.unknown, `${prefix}${picking}cannot pick commit with no ID or branch`)
  const where = { read, reference, prefix: prefix + picking, text: `commit ${repoText(reference)}@${id} not found`, named: branch !== '' }
  const repo = findRepo(read, reference)
  if (repo === undefined) return { failure: repoMissing(where) }
  const row = pick(where, repo, isCommitIdReference(id) ? id : branch + id)
  return 'failure' in row ? row : { repo, reference, commit: row }
}

interface Where {
  readonly read: Reader
  readonly reference: RepoReference
  readonly prefix: string
  /** What is said of the commit when anything on the way to it is missing. */
  readonly text: string
  /** The message names a branch. */
  readonly named: boolean
}

/** Here, unlike in calls that name a repo alone, pachd fills in the type. */
function readReference(commit: Commit): RepoReference {
  const repo = repoOfCommit(commit)
  const type = repo.type ?? ''
  return { project: projectName(repo.project), name: repo.name ?? '', type: type === '' ? 'user' : type }
}

/** How far pachd came: to the project, or to the repo. */
function repoMissing(where: Where): RpcFailure {
  const { project } = where.reference
  if (where.read.project(project) === undefined) {
    const steps = where.named ? 'picking commit: picking branch: picking repo: ' : 'picking commit: picking repo: '
    return new RpcFailure(Code.notFound, `${where.prefix}${steps}picking project: project "${project}" not found`)
  }
  return new RpcFailure(Code.notFound, `${where.prefix}${where.text}\nrepo ${repoText(where.reference)} not found`)
}

/** `text` is an id or a branch, with what asks for an ancestor of it. */
function pick(where: Where, repo: RepoRow, text: string): CommitRow | { readonly failure: RpcFailure } {
  const ancestry = saying(where.prefix, () => parseAncestry(text, `${repoText(where.reference)}@${text}`))
  const byId = isCommitIdReference(ancestry.name)
  const start = byId ? commitOf(where.read, repo, ancestry.name) : headOfName(where.read, repo, ancestry.name)
  if (start === undefined) return { failure: byId ? commitMissing(where) : branchMissing(where, ancestry.name) }
  return climb(where, start, ancestry)
}

function commitOf(read: Reader, repo: RepoRow, id: string): CommitRow | undefined {
  const row = read.commitById(repo.id, id)
  return row === undefined || row.gone ? undefined : row
}

function headOfName(read: Reader, repo: RepoRow, name: string): CommitRow | undefined {
  const branch: BranchRow | undefined = read.branch(repo.id, name)
  return branch === undefined ? undefined : headOf(read, branch)
}

function commitMissing(where: Where): RpcFailure {
  return new RpcFailure(Code.notFound, `${where.prefix}${where.text}\n${where.text}`)
}

/** A branch that the message names only inside an id is where a pachd panics; its clients know the text of that. */
function branchMissing(where: Where, name: string): RpcFailure {
  if (!where.named) return nilPointer()
  return new RpcFailure(Code.notFound, `${where.prefix}${where.text}\nbranch "${name}" not found in repo ${repoText(where.reference)}`)
}

/** Follows parents from `start`; the chain is walked whole only to count from the root. */
function climb(where: Where, start: CommitRow, ancestry: Ancestry): CommitRow {
  const { fromRoot, up } = ancestry
  if (fromRoot === undefined && up === 0) return start
  const chain = [start]
  for (let at = start; at.parent !== 0 && (fromRoot !== undefined || chain.length <= up);) {
    const parent = where.read.commit(at.parent)
    if (parent === undefined) break
    chain.push(parent)
    at = parent
  }
  const target = fromRoot === undefined ? chain[up] : chain[chain.length - fromRoot + up]
  if (target !== undefined && (fromRoot === undefined || fromRoot > 0)) return target
  const head = `${repoKey(where.reference)}@${start.id}`
  throw new RpcFailure(Code.unknown, where.prefix + 'picking commit: ' + (fromRoot === undefined
    ? `invalid offset for ancestor of commit: ${head}, offset requested: ${up}, offset traversable: ${chain.length - 1}`
    : `invalid offset from branch root for head commit: ${head}, offset: ${fromRoot - 1}, maximum depth: ${chain.length}`))
}
