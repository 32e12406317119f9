import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ByteSource } from '../kit/byte-source'
import type { Reply } from '../kit/reply'
import { limits } from '../limits'
import type { Delivery } from './exchange'
import { leaveUnreadBody } from './unread-body'

/**
 * Puts a reply on its socket. Whoever gets here owns the fork "head sent or not": until the first byte is out the reply may
 * be any other; afterwards the only way to tell the client of trouble is to break the connection, so that it sees fewer
 * bytes than were announced. Nothing is ever added to an object's bytes.
 */
export function writeReply(req: IncomingMessage, res: ServerResponse, reply: Reply): Promise<Delivery> {
  if (res.destroyed || res.socket === null || res.socket.destroyed) {
    if (reply.body.kind === 'source') reply.body.source.cancel()
    return Promise.resolve({ whole: false, bytesSent: 0, failure: undefined })
  }
  const leave = leaveUnreadBody(req)
  const head = flatHead(reply, leave.closes)
  const bodiless = req.method === 'HEAD' || reply.status === 204 || reply.status === 304
  try {
    res.writeHead(reply.status, head)
  } catch (error) {
    // A field that HTTP cannot carry is a fault of ours, but the client must not wait for an answer that never comes.
    if (reply.body.kind === 'source') reply.body.source.cancel()
    res.destroy()
    return Promise.resolve({ whole: false, bytesSent: 0, failure: error instanceof Error ? error : new Error(String(error)) })
  }
  if (reply.body.kind === 'source') {
    if (!bodiless && reply.body.length > 0) return pour(res, reply.body.source, reply.body.length)
    reply.body.source.cancel()
  }
  const bytes = reply.body.kind === 'bytes' && !bodiless ? reply.body.bytes : undefined
  return new Promise((resolve) => {
    // `close` follows `finish` on every path, so one listener settles both the sent and the broken reply.
    res.once('close', () => {
      const whole = res.writableFinished
      resolve({ whole, bytesSent: whole ? bytes?.length ?? 0 : 0, failure: undefined })
    })
    if (!leave.closes) {
      res.end(bytes)
      if (res.writableLength > 0) boundStall(res)
      return
    }
    // The client may still be sending: closing at once would reset the connection under the answer it has not read yet.
    if (bytes === undefined) res.flushHeaders()
    else res.write(bytes)
    leave.linger(() => { res.end() })
  })
}

function flatHead(reply: Reply, closes: boolean): string[] {
  const flat: string[] = []
  for (const [name, value] of reply.headers) flat.push(name, value)
  const body = reply.body
  if (body.kind === 'bytes') flat.push('Content-Length', String(body.bytes.length))
  else if (body.kind === 'source' || body.kind === 'length-only') flat.push('Content-Length', String(body.length))
  else if (reply.status !== 204 && reply.status !== 304) flat.push('Content-Length', '0')
  if (closes && !reply.headers.some(([name]) => name === 'Connection')) flat.push('Connection', 'close')
  return flat
}

/** Breaks the connection when nothing moves on it for a while: a reader that stalls must not hold its reply for ever. */
function boundStall(res: ServerResponse): void {
  if (res.listenerCount('timeout') === 0) res.setTimeout(limits.replyIdleMsMax, () => { res.destroy() })
}

/** Sends exactly `length` bytes of the source, pausing it while the socket is full; anything else destroys the socket. */
function pour(res: ServerResponse, source: ByteSource, length: number): Promise<Delivery> {
  return new Promise((resolve) => {
    let sent = 0
    let over = false
    const settle = (whole: boolean, failure?: Error): void => {
      if (over) return
      over = true
      if (!whole) {
        source.cancel()
        res.destroy()
      }
      resolve({ whole, bytesSent: sent, failure })
    }
    res.once('close', () => { settle(res.writableFinished) })
    res.on('drain', () => { source.resume() })
    source.start({
      data(chunk) {
        if (over) return true
        sent += chunk.length
        if (sent > length) {
          settle(false, new Error(`the source brought more than the ${String(length)} bytes announced`))
          return true
        }
        if (sent === length) res.end(chunk)
        else if (res.write(chunk)) return true
        if (res.writableLength > 0) boundStall(res)
        return false
      },
      end() {
        if (sent < length) settle(false, new Error(`the source ended after ${String(sent)} of ${String(length)} bytes`))
      },
      fail(error) { settle(false, error) },
    })
  })
}
