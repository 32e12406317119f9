import type { CommitRow } from '../../lib/pfsd/store/rows'
import type { Tx } from '../../lib/pfsd/store/store'

export const sample = {
  /** Puts a finished commit with an empty tree. */
  commit(tx: Tx, repo: number, parent: number): CommitRow {
    const row: CommitRow = {
      seq: tx.nextCommitSeq(), repo, branch: 'master', id: tx.newCommitId(), parent, root: 0, state: 'finished', origin: 'USER',
      error: '', description: 'a commit', started: tx.now, finishing: tx.now, finished: tx.now, files: 3, bytes: 2 ** 40, gone: false,
    }
    tx.putCommit(row)
    return row
  },
}
