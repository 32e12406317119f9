import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { Commit, StartCommitRequest } from '../../wire/messages'
import { commitMessage } from './shared/commit-info'
import type { Instance } from './shared/instance'
import { nilPointer, saying } from './shared/pachd-texts'
import { branchReference, repoMessage } from './shared/reference'
import { resolveCommit } from './shared/resolve-commit'
import { startCommit as start } from './shared/start-commit'

const prefix = 'start commit in transaction: '

/**
 * Opens a commit on a branch, which is made where it is missing; until it is finished the branch takes no other. Answers its id.
 * UNKNOWN while the parent is open; a branch without a repo is what kills a pachd, and is answered as that is.
 */
export function startCommit({ store }: Instance): Unary<StartCommitRequest, Commit> {
  return async (request) => {
    const named = request.branch
    if (named === undefined || (named.name ?? '') === '') throw new RpcFailure(Code.unknown, `${prefix}branch must be specified`)
    if (named.repo === undefined) throw nilPointer()
    const { repo, name } = branchReference(named)
    return store.transact((tx) => {
      const { parent, description = '' } = request
      const started = saying(prefix, () => start(tx, {
        repo, branch: name, description,
        ...parent === undefined ? {} : { parent: () => resolveCommit(tx, parent, 'parent commit not found: ').commit },
      }))
      tx.putCommit(started.commit)
      tx.putBranch(started.branch)
      return commitMessage(started.commit, repoMessage(started.repo, repo.project))
    })
  }
}
