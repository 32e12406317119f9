import { Code, RpcFailure } from '../../failure'
import { checkBranchIsNoId, checkCommitKey, checkName, checkRepoType } from '../../model/names'
import { baseOf, headOf, requireRepo } from './find'
import { saying } from './pachd-texts'
import { repoText, type RepoReference } from './reference'
import type { BranchRow, CommitRow, RepoRow } from '../../store/rows'
import type { Tx } from '../../store/store'

interface CommitStart {
  readonly repo: RepoReference
  readonly branch: string
  /** Undefined: the branch's head. */
  readonly parent?: () => CommitRow
  readonly description: string
}

/** Rows that are ready and not yet put. */
export interface StartedCommit {
  readonly repo: RepoRow
  readonly commit: CommitRow
  readonly branch: BranchRow
}

/**
 * A new open commit on a branch, which is made where it is missing: not yet put, and the branch not yet moved, so that a
 * one-off write puts both once. Refuses in pachd's order: repo, name, parent.
 */
export function startCommit(tx: Tx, start: CommitStart): StartedCommit {
  checkRepoType(start.repo.type, 'scanning repo row')
  const repo = requireRepo(tx, start.repo)
  checkName(start.branch)
  const existing = tx.branch(repo.id, start.branch)
  return saying('create commit: ', () => {
    const parent = start.parent?.() ?? (existing === undefined ? undefined : headOf(tx, existing))
    if (parent?.state === 'started') {
      throw new RpcFailure(Code.unknown, `parent commit ${repoText(start.repo)}@${parent.id} has not been finished`)
    }
    checkCommitKey(start.repo.project, start.repo.name, start.repo.type)
    saying('create commit: ', () => checkBranchIsNoId(start.branch))
    const base = parent === undefined ? undefined : baseOf(tx, parent)
    const commit: CommitRow = {
      ...emptyCommit(tx, repo, start.branch),
      parent: parent?.seq ?? 0,
      root: base?.root ?? 0,
      files: base?.files ?? 0,
      bytes: base?.bytes ?? 0,
      description: start.description,
    }
    const branch = existing ?? { id: tx.nextId(), repo: repo.id, name: start.branch, head: 0, created: tx.now }
    return { repo, commit, branch: { ...branch, head: commit.seq } }
  })
}

/** An open commit without parent or content. */
function emptyCommit(tx: Tx, repo: RepoRow, branch: string): CommitRow {
  return {
    seq: tx.nextCommitSeq(), repo: repo.id, branch, id: tx.newCommitId(), parent: 0, root: 0, state: 'started', origin: 'USER',
    error: '', description: '', started: tx.now, finishing: 0, finished: 0, files: 0, bytes: 0, gone: false,
  }
}

/** A finished commit of no files, with which a branch begins that is made without a head. */
export function putAutoCommit(tx: Tx, repo: RepoRow, branch: string): CommitRow {
  const commit: CommitRow = { ...emptyCommit(tx, repo, branch), state: 'finished', origin: 'AUTO', finishing: tx.now, finished: tx.now }
  tx.putCommit(commit)
  return commit
}
