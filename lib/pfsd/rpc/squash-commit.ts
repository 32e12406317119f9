import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { SquashCommitRequest, SquashCommitResponse } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { repoText } from './shared/reference'
import { resolveCommit } from './shared/resolve-commit'
import { childrenOf, retireCommit } from './shared/retire-commit'

/**
 * Merges a commit into its children: every commit's tree is whole, so only the line of parents changes. UNKNOWN where it has no
 * children, for then its changes would be lost, and where one of them is still open.
 */
export function squashCommit({ store, waiters }: Instance): Unary<SquashCommitRequest, SquashCommitResponse> {
  return async (request) => {
    const seq = await store.transact((tx) => {
      const { repo, reference, commit } = resolveCommit(tx, request.commit)
      const name = `${repoText(reference)}@${commit.id}`
      const children = childrenOf(tx, commit)
      if (children.length === 0) {
        throw new RpcFailure(Code.unknown,
          `cannot squash a commit that has no children as that would cause data loss, use the drop operation instead: ${name}`)
      }
      const open = children.find((child) => child.state === 'started')
      if (open !== undefined) {
        throw new RpcFailure(Code.unknown, `cannot squash until child commit ${repoText(reference)}@${open.id} is finished`)
      }
      retireCommit(tx, repo, commit)
      return commit.seq
    })
    waiters.deleted([seq])
    return {}
  }
}
