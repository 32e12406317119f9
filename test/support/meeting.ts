import type { Transport } from '../../lib/pfs/transport'

/** A transport whose ModifyFiles meet others: `before` is over when one begins, and what it was judged by may be old by then. */
export function meeting(transport: Transport, before: () => Promise<unknown>): Transport {
  return {
    ...transport,
    clientStream: (path, options) => {
      const stream = transport.clientStream(path, options)
      if (path !== '/pfs_v2.API/ModifyFile') return stream
      let met: Promise<unknown> | undefined
      return {
        send: async (message) => {
          await (met ??= before())
          await stream.send(message)
        },
        end: () => stream.end(),
        abort: () => stream.abort(),
      }
    },
  }
}
