import { Code, RpcFailure } from '../failure'
import { checkRepoType } from '../model/names'
import type { Unary } from '../service'
import type { DeleteRepoRequest, DeleteRepoResponse } from '../../wire/messages'
import { findRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { repoReference, repoText } from './shared/reference'
import { removeRepo } from './shared/remove-repo'
import { requireUnwritten } from './shared/require-unwritten'

/**
 * A user repo takes its companions along. A repo that is not there was not deleted, which is no error. `force` is not asked for:
 * it would matter only to branches that others depend on, and there are none. With `if_unwritten`, which pachd does not have,
 * FAILED_PRECONDITION where there is anything to lose by then.
 */
export function deleteRepo({ store, waiters }: Instance): Unary<DeleteRepoRequest, DeleteRepoResponse> {
  return async (request) => {
    if (request.repo === undefined) throw new RpcFailure(Code.invalidArgument, 'no repo specified')
    const repo = repoReference(request.repo)
    checkRepoType(repo.type, 'scanning repo row')
    if (findRepo(store.read, repo) === undefined) return {}
    const removed = await store.transact((tx) => {
      const row = findRepo(tx, repo)
      if (row === undefined) return undefined
      if (request.if_unwritten === true) requireUnwritten(tx, row, repoText(repo))
      const doomed = row.type === 'user' ? [...tx.repos(row.project)].filter((other) => other.name === row.name) : [row]
      return doomed.flatMap((each) => removeRepo(tx, each))
    })
    if (removed === undefined) return {}
    waiters.deleted(removed)
    return { deleted: true }
  }
}
