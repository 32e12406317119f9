import type { RepoRow } from '../../store/rows'
import type { Tx } from '../../store/store'

/** Removes a repo with all its branches and commits; answers the sequence numbers of those commits. */
export function removeRepo(tx: Tx, repo: RepoRow): number[] {
  for (const branch of [...tx.branches(repo.id)]) tx.deleteBranch(branch)
  const commits = [...tx.commits(repo.id)]
  for (const commit of commits) tx.deleteCommit(commit)
  tx.deleteRepo(repo)
  return commits.map((commit) => commit.seq)
}
