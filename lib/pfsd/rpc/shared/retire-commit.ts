import type { CommitRow, RepoRow } from '../../store/rows'
import type { Tx } from '../../store/store'
import { putAutoCommit } from './start-commit'

/**
 * Takes a commit out of history. Its row stays, marked as gone, for the entries that it wrote and that later commits still
 * hold, which name it by its number. Branches that pointed at it point at its parent, or begin anew with an empty commit.
 */
export function retireCommit(tx: Tx, repo: RepoRow, commit: CommitRow): void {
  for (const branch of [...tx.branches(repo.id)]) {
    if (branch.head !== commit.seq) continue
    const head = commit.parent !== 0 ? commit.parent : putAutoCommit(tx, repo, branch.name).seq
    tx.putBranch({ ...branch, head })
  }
  for (const child of childrenOf(tx, commit)) tx.putCommit({ ...child, parent: commit.parent })
  tx.putCommit({ ...commit, gone: true, parent: 0, root: 0, files: 0, bytes: 0, error: '', description: '' })
}

/** In order of their making, gone ones left out. */
export function childrenOf(tx: Tx, commit: CommitRow): CommitRow[] {
  const children: CommitRow[] = []
  for (const seq of [...tx.children(commit.seq)]) {
    const child = tx.commit(seq)
    if (child !== undefined && !child.gone) children.push(child)
  }
  return children
}
