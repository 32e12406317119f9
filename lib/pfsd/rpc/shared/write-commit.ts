import { Code, RpcFailure } from '../../failure'
import { afterPrefix } from '../../model/byte-order'
import { applyChanges, type Change } from '../../model/change'
import { emptyRoot } from '../../model/entry'
import { duplicateKeyText } from '../../model/key-text'
import { lookup, sums } from '../../model/tree'
import { deleteRange } from '../../model/tree-cut'
import { validateNear } from '../../model/validation'
import type { StartedCommit } from './start-commit'
import type { StreamChanges } from './stream-changes'
import type { BranchRow, CommitRow, RepoRow } from '../../store/rows'
import type { BlobFile, Tx } from '../../store/store'

/** A branch of a companion repo whose commits are of no use once they have a successor: multipart uploads are kept there. */
const branchWithoutHistory = 's3-uploads'

/** What one stream brings to a commit. */
interface Contribution {
  readonly stream: StreamChanges
  readonly files: readonly BlobFile[]
  /** pachd's setting: what clashes is found out. */
  readonly validated: boolean
  /** A clash fails the stream, and no commit is made; else it is the commit's error, as pachd has it. */
  readonly strict: boolean
}

/** The commit with the changes in it; not yet put. */
export function withChanges(tx: Tx, commit: CommitRow, changes: readonly Change[]): CommitRow {
  const root = applyChanges(tx, commit.root, changes, { created: commit.seq, time: tx.now })
  return { ...commit, root, ...sums(tx, root) }
}

/** The commit with a stream's changes in it, not yet put, and the keys near which it differs from before, ascending. */
export function withStream(
  tx: Tx, commit: CommitRow, { stream, files, validated }: Omit<Contribution, 'strict'>,
): { readonly commit: CommitRow, readonly keys: readonly Buffer[] } {
  const keys: Buffer[] = []
  let { root } = commit
  // Before the stream's own files, which may lie where it has cut.
  for (const prefix of stream.cuts) {
    const lower = Buffer.from(prefix)
    keys.push(lower)
    root = deleteRange(tx, root, lower, afterPrefix(lower))
  }
  const changes = stream.settle(tx, files)
  for (const change of changes) keys.push(change.path)
  const all = validated ? [...changes, ...duplicatesOf(tx, root, changes)].sort((a, b) => Buffer.compare(a.path, b.path)) : changes
  return { commit: withChanges(tx, { ...commit, root }, all), keys: keys.sort((a, b) => Buffer.compare(a, b)) }
}

/** A path's second content in one commit, which only pachd's setting knows, goes with the path. */
function duplicatesOf(tx: Tx, root: number, changes: readonly Change[]): Change[] {
  if (root === emptyRoot) return []
  const touched = new Set(changes.map((change) => change.path.toString()))
  const duplicates: Change[] = []
  for (const { path, entry } of changes) {
    const key = duplicateKeyText(path.toString())
    if (entry.op === 'append' || path.includes(0) || touched.has(key)) continue
    const duplicate = Buffer.from(key)
    const beneath = lookup(tx, root, duplicate)
    if (beneath !== undefined) duplicates.push({ path: duplicate, entry: { ...beneath, op: 'delete' } })
  }
  return duplicates
}

/** Puts a commit of its own for one stream, finished and, where that is asked for, validated; moves the branch. UNKNOWN, if strict. */
export function putOneOff(tx: Tx, started: StartedCommit, contribution: Contribution): CommitRow {
  const { commit, keys } = withStream(tx, started.commit, contribution)
  const error = contribution.validated ? validateNear(tx, commit.root, keys) : ''
  if (error !== '' && contribution.strict) throw new RpcFailure(Code.unknown, error)
  const finished: CommitRow = { ...commit, error, state: 'finished', finishing: tx.now, finished: tx.now }
  const row = forgetsHistory(started.repo, started.branch) ? withoutParent(tx, started.branch, finished) : finished
  tx.putCommit(row)
  tx.putBranch(started.branch)
  return row
}

/** Uploads change with every part: as history they would keep every part of every upload for ever. */
function forgetsHistory(repo: RepoRow, branch: BranchRow): boolean {
  return repo.type === 'meta' && branch.name === branchWithoutHistory
}

/** Removes the parent, unless something else needs it. Entries that it wrote then tell their time, but no commit. */
function withoutParent(tx: Tx, branch: BranchRow, commit: CommitRow): CommitRow {
  const parent = commit.parent === 0 ? undefined : tx.commit(commit.parent)
  if (parent === undefined || parent.error !== '') return commit
  for (const seq of tx.children(parent.seq)) if (seq !== commit.seq) return commit
  for (const other of tx.branches(branch.repo)) if (other.name !== branch.name && other.head === parent.seq) return commit
  tx.deleteCommit(parent)
  return { ...commit, parent: parent.parent }
}
