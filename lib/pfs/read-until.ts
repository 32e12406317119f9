import { fromRpc } from './failure'
import type { MessageSource } from './transport'

/**
 * Reads a server's stream until `pick` answers what it was looking for, and gives up the rest of it. Undefined where the stream
 * ends first. Rejects with a PfsError.
 */
export function readUntil<Message, Found>(
  source: MessageSource<Message>, pick: (message: Message) => Found | undefined,
): Promise<Found | undefined> {
  return new Promise((resolve, reject) => {
    source.start({
      data: (message) => {
        const found = pick(message)
        if (found === undefined) return true
        source.cancel()
        resolve(found)
        return false
      },
      end: () => resolve(undefined),
      fail: (error) => reject(fromRpc(error)),
    })
  })
}
