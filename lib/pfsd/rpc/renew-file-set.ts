import { Code, RpcFailure } from '../failure'
import { limits } from '../limits'
import type { Unary } from '../service'
import type { Empty, RenewFileSetRequest } from '../../wire/messages'
import { liveFileSet } from './shared/file-sets'
import type { Instance } from './shared/instance'

const nanosPerSecond = 1_000_000_000

/**
 * From now on, for so many seconds; one second lets it go. UNKNOWN for a time that pachd refuses, NOT_FOUND for a set that is
 * unknown or has expired.
 */
export function renewFileSet({ store, now }: Instance): Unary<RenewFileSetRequest, Empty> {
  return async (request) => {
    const token = request.file_set_id ?? ''
    const seconds = request.ttl_seconds ?? 0
    // The token is looked at before the time, as in pachd: an empty request is told of its token.
    liveFileSet(store.read, token, now())
    if (seconds < 1) throw new RpcFailure(Code.unknown, `ttl (${seconds * nanosPerSecond}) must be at least one second`)
    if (seconds > limits.renewalSecondsMax) {
      throw new RpcFailure(Code.unknown,
        `ttl (${seconds * nanosPerSecond}) exceeds max ttl (${limits.renewalSecondsMax * nanosPerSecond})`)
    }
    await store.transact((tx) => {
      const row = liveFileSet(tx, token, tx.now)
      if (row === undefined) throw new RpcFailure(Code.notFound, `tracker does not contain item: (fileset/${token.slice(0, 32)})`)
      tx.putFileSet({ ...row, expires: tx.now + seconds * 1000 })
    })
    return {}
  }
}
