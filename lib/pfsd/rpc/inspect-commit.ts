import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { CommitInfo, InspectCommitRequest } from '../../wire/messages'
import { commitInfo } from './shared/commit-info'
import { projectOf } from './shared/find'
import type { Instance } from './shared/instance'
import { repoMessage, repoText } from './shared/reference'
import { resolveCommit, type ResolvedCommit } from './shared/resolve-commit'

/**
 * With `wait` for FINISHING or FINISHED, which come together here, the answer comes once an open commit is finished, or fails
 * once it is removed. NOT_FOUND as in every call that names a commit.
 */
export function inspectCommit({ store, waiters }: Instance): Unary<InspectCommitRequest, CommitInfo> {
  // Read again: between the question and this answer the commit may have changed, or gone.
  const answer = (found: ResolvedCommit): CommitInfo => {
    const row = store.read.commit(found.commit.seq)
    if (row === undefined || row.gone) throw deleted(found)
    return commitInfo(store.read, row, repoMessage(found.repo, projectOf(store.read, found.repo).name))
  }
  return (request, context) => {
    const found = resolveCommit(store.read, request.commit)
    const waits = request.wait === 'FINISHING' || request.wait === 'FINISHED'
    if (!waits || found.commit.state !== 'started') return answer(found)
    return waiters.wait(found.commit.seq, (listener) => context.onGone(listener)).then((outcome) => {
      if (outcome === 'deleted') throw deleted(found)
      if (outcome === 'gone') throw new RpcFailure(Code.cancelled, 'the caller is gone')
      return answer(found)
    })
  }
}

function deleted({ reference, commit }: ResolvedCommit): RpcFailure {
  return new RpcFailure(Code.unknown, `commit ${repoText(reference)}@${commit.id} was deleted`)
}
