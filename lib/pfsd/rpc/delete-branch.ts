import { Code, RpcFailure } from '../failure'
import { checkRepoType } from '../model/names'
import type { Unary } from '../service'
import type { DeleteBranchRequest, Empty } from '../../wire/messages'
import { findRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { noBranchLines } from './shared/pachd-texts'
import { branchReference, repoKey, repoText } from './shared/reference'
import { requireHead } from './shared/require-head'

/**
 * The branch goes, its commits stay: an open one can still be finished by its id. With `expected_head`, which pachd does not
 * have, FAILED_PRECONDITION where the head is another by then: what was found empty is what is removed. NOT_FOUND.
 */
export function deleteBranch({ store }: Instance): Unary<DeleteBranchRequest, Empty> {
  return async (request) => {
    const { repo, name } = branchReference(request.branch)
    checkRepoType(repo.type, 'could not get branch')
    await store.transact((tx) => {
      const row = findRepo(tx, repo)
      const branch = row === undefined ? undefined : tx.branch(row.id, name)
      if (branch === undefined) {
        const lines = noBranchLines(repo, name, { project: tx.project(repo.project) !== undefined, repo: row !== undefined })
        throw new RpcFailure(Code.notFound, `get branch "${repoKey(repo)}@${name}": ${lines.join('\n')}`)
      }
      requireHead(tx, branch, request.expected_head ?? '', `${repoText(repo)}@${name}`)
      tx.deleteBranch(branch)
    })
    return {}
  }
}
