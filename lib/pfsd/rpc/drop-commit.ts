import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { DropCommitRequest, DropCommitResponse } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { repoText } from './shared/reference'
import { resolveCommit } from './shared/resolve-commit'
import { childrenOf, retireCommit } from './shared/retire-commit'

/**
 * Throws away a commit that has no children, open or not, with what it changed. UNKNOWN where it has some: they are built on
 * it. Those who wait for it to be finished are told that it never will be.
 */
export function dropCommit({ store, waiters }: Instance): Unary<DropCommitRequest, DropCommitResponse> {
  return async (request) => {
    const seq = await store.transact((tx) => {
      const { repo, reference, commit } = resolveCommit(tx, request.commit)
      if (childrenOf(tx, commit).length > 0) {
        throw new RpcFailure(Code.unknown, `cannot drop a commit that has children: ${repoText(reference)}@${commit.id}`)
      }
      retireCommit(tx, repo, commit)
      return commit.seq
    })
    waiters.deleted([seq])
    return {}
  }
}
