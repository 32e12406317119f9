import { Code, RpcFailure } from '../failure'
import { limits } from '../limits'
import { composeFileSets } from '../model/change'
import type { Unary } from '../service'
import type { Tx } from '../store/store'
import type { ComposeFileSetRequest, CreateFileSetResponse } from '../../wire/messages'
import { liveFileSet, newToken } from './shared/file-sets'
import type { Instance } from './shared/instance'

/**
 * One file set made of others, in order: the same path in several concatenates, unless a later one deletes it. It shares
 * their bytes and outlives them. A time to live of 0 is for ever; that of a compacted one is pachd's default. INVALID_ARGUMENT for a
 * time beyond what pachd itself can count, where its own wraps round.
 */
export function composeFileSet({ store }: Instance): Unary<ComposeFileSetRequest, CreateFileSetResponse> {
  return async (request) => {
    const tokens = request.file_set_ids ?? []
    const seconds = request.ttl_seconds ?? 0
    if (seconds < 0) throw new RpcFailure(Code.invalidArgument, `ttl (${seconds}) must not be negative`)
    if (seconds > limits.composedSecondsMax) {
      throw new RpcFailure(Code.invalidArgument, `ttl (${seconds}) exceeds max ttl (${limits.composedSecondsMax})`)
    }
    const token = newToken()
    await store.transact((tx) => {
      const lifetime = request.compact === true ? limits.fileSetMs : seconds * 1000
      tx.putFileSet({ token, root: composed(tx, tokens), expires: lifetime === 0 ? 0 : tx.now + lifetime })
    })
    return { file_set_id: token }
  }
}

function composed(tx: Tx, tokens: readonly string[]): number {
  const roots = tokens.map((token) => {
    const row = liveFileSet(tx, token, tx.now)
    if (row === undefined) throw new RpcFailure(Code.unknown, 'the operation would create a dangling reference')
    return row.root
  })
  return composeFileSets(tx, roots)
}
