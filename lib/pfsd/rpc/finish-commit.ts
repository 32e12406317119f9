import { Code, RpcFailure } from '../failure'
import { validateTree } from '../model/validation'
import type { Unary } from '../service'
import type { Empty, FinishCommitRequest } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { alreadyFinished } from './shared/pachd-texts'
import { resolveCommit } from './shared/resolve-commit'

/**
 * Finishes and validates at once; what is wrong with it, or what the caller says is, stands in the commit's error, and readers
 * of the branch then pass it over. UNKNOWN for a commit that has finished already.
 */
export function finishCommit({ store, paths, waiters }: Instance): Unary<FinishCommitRequest, Empty> {
  return async (request) => {
    if (request.commit === undefined) throw new RpcFailure(Code.unknown, 'check new file commit: commit cannot be nil')
    const seq = await store.transact((tx) => {
      const { commit, reference } = resolveCommit(tx, request.commit, 'finish commit in transaction: ')
      if (commit.state !== 'started') throw alreadyFinished(reference, commit.id)
      const said = request.error ?? ''
      const error = said !== '' || paths.setting === 's3' ? said : validateTree(tx, commit.root)
      const description = request.description === undefined || request.description === '' ? commit.description : request.description
      tx.putCommit({ ...commit, state: 'finished', finishing: tx.now, finished: tx.now, error, description })
      return commit.seq
    })
    waiters.finished(seq)
    return {}
  }
}
