import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '../kit/reply'
import type { Delivery } from './exchange'
import { endWithin, pour } from './pour'
import { leaveUnreadBody } from './unread-body'

/**
 * Puts a reply on its socket. Whoever gets here owns the fork "head sent or not": until the first byte is out the reply may
 * be any other; afterwards the only way to tell the client of trouble is to break the connection, so that it sees fewer
 * bytes than were announced. Nothing is ever added to an object's bytes.
 */
export function writeReply(req: IncomingMessage, res: ServerResponse, reply: Reply): Promise<Delivery> {
  if (res.destroyed || res.socket === null || res.socket.destroyed) {
    if (reply.body.kind === 'source') reply.body.source.cancel()
    return Promise.resolve({ whole: false, bytesSent: 0, failure: undefined, begun: true })
  }
  const leave = leaveUnreadBody(req, res, reply.headers.some(([name]) => name === 'Connection'))
  const head = flatHead(reply, leave.closes)
  const bodiless = req.method === 'HEAD' || reply.status === 204 || reply.status === 304
  const begin = (): Error | undefined => {
    try {
      res.writeHead(reply.status, head)
      return undefined
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
  if (reply.body.kind === 'source') {
    const { source, length } = reply.body
    if (!bodiless && length > 0) return pour(res, { begin, source, length })
    source.cancel()
  }
  const failure = begin()
  if (failure !== undefined) {
    // A field that HTTP cannot carry is a fault of ours, but the client must not wait for an answer that never comes.
    res.destroy()
    return Promise.resolve({ whole: false, bytesSent: 0, failure, begun: true })
  }
  const bytes = reply.body.kind === 'bytes' && !bodiless ? reply.body.bytes : Buffer.alloc(0)
  if (!leave.closes) return pour(res, bytes)
  return new Promise((resolve) => {
    // `close` follows `finish` on every path, so one listener settles both the sent and the broken reply.
    res.once('close', () => {
      const whole = res.writableFinished
      resolve({ whole, bytesSent: whole ? bytes.length : 0, failure: undefined, begun: true })
    })
    // The client may still be sending: closing at once would reset the connection under the answer it has not read yet.
    if (bytes.length === 0) res.flushHeaders()
    else res.write(bytes)
    leave.linger(() => { endWithin(res, bytes.length) })
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
