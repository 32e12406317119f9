import { readChanges } from '../model/change'
import type { Unary } from '../service'
import type { AddFileSetRequest, Empty } from '../../wire/messages'
import { requireFileSet } from './shared/file-sets'
import type { Instance } from './shared/instance'
import { alreadyFinished, saying } from './shared/pachd-texts'
import { resolveCommit } from './shared/resolve-commit'
import { withChanges } from './shared/write-commit'

/**
 * Lays a file set over an open commit, after all that was written to it. The set stays as it is and may be laid again. UNKNOWN
 * for a commit that has finished, and for a token that is unknown or has expired.
 */
export function addFileSet({ store }: Instance): Unary<AddFileSetRequest, Empty> {
  return async (request) => {
    await store.transact((tx) => {
      const { commit, reference } = resolveCommit(tx, request.commit)
      if (commit.state !== 'started') throw alreadyFinished(reference, commit.id)
      const { root } = saying('add file set: ', () => requireFileSet(tx, request.file_set_id ?? '', tx.now))
      tx.putCommit(withChanges(tx, commit, readChanges(tx, root)))
    })
    return {}
  }
}
