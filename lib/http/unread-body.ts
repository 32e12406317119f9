import type { IncomingMessage, ServerResponse } from 'node:http'
import { limits } from '../limits'
import { Crumbs } from './crumbs'

/**
 * What becomes of a request's body that nobody has read when its answer goes out. A small rest is read and thrown away and
 * the connection lives on. A large or endless one ends the connection. A connection that ends, for this or any other reason,
 * does so only after a bounded while of reading the body away: a socket closed with unread bytes is reset, and the client
 * would lose the answer that tells it what was wrong.
 */
interface Leave {
  /** The answer must say `Connection: close`. */
  readonly closes: boolean
  /** Reads on until the body ends or a bound is reached, then calls `done` once. */
  linger(done: () => void): void
}

/** `closes`: the answer says that the connection ends. */
export function leaveUnreadBody(req: IncomingMessage, res: ServerResponse, closes: boolean): Leave {
  // A client that waits to be told to send its body may send it all the same; node ends its connection.
  const ends = closes || !res.shouldKeepAlive || req.headers.expect !== undefined
  if (req.complete || restOf(req) <= (ends ? 0 : limits.drainedBodyBytesMax)) return { closes: false, linger: (done) => { done() } }
  return {
    closes: true,
    linger(done) {
      let bytes = 0
      let over = false
      const finish = (): void => {
        if (over) return
        over = true
        clearTimeout(timer)
        done()
      }
      const timer = setTimeout(finish, limits.lingerMsMax)
      const crumbs = new Crumbs(req.socket)
      req.on('data', (chunk: Buffer) => {
        crumbs.add(chunk.length)
        bytes += chunk.length
        if (bytes > limits.lingerBytesMax) finish()
      })
      req.once('end', finish)
      req.once('close', finish)
      req.resume()
    },
  }
}

/** Bytes that may still come, as far as the head says it; Infinity where it does not. */
function restOf(req: IncomingMessage): number {
  const length = req.headers['content-length']
  if (length !== undefined) return Number(length)
  return req.headers['transfer-encoding'] === undefined ? 0 : Infinity
}
