import { Code, RpcFailure } from '../../failure'
import type { RepoRow } from '../../store/rows'
import type { Reader } from '../../store/store'

/**
 * FAILED_PRECONDITION for a repo that has a branch or a commit that somebody wrote. Making a branch makes an empty commit of
 * origin AUTO; all others were asked for. `name` is how the failure calls the repo.
 */
export function requireUnwritten(read: Reader, repo: RepoRow, name: string): void {
  for (const branch of read.branches(repo.id)) throw refusal(`repo ${name} has the branch ${branch.name}`)
  for (const commit of read.commits(repo.id)) {
    if (commit.origin !== 'AUTO' || commit.files !== 0) throw refusal(`repo ${name} was written to`)
  }
}

function refusal(text: string): RpcFailure {
  return new RpcFailure(Code.failedPrecondition, text)
}
