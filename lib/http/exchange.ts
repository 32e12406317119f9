import type { IncomingMessage, ServerResponse } from 'node:http'
import { Head } from '../kit/head'
import type { Reply } from '../kit/reply'
import { Crumbs } from './crumbs'
import { writeReply } from './write-reply'

/**
 * One request and the one answer it gets: all that the rest of the program knows of a connection. The body is not touched,
 * and no `100 Continue` sent, until someone asks for its bytes.
 */
export interface Exchange {
  readonly head: Head
  /** '1.1' or '1.0' for what HTTP allows; anything else the parser let through, to be refused. */
  readonly httpVersion: string
  readonly secure: boolean
  /** Address of the peer of the socket; never taken from a header. */
  readonly peer: string
  readonly body: RequestBytes
  /** Bytes of the body that have come so far. */
  bytesReceived(): number
  /** True once the client is gone. */
  gone(): boolean
  /**
   * Sends the reply; called once, and once more where the first one failed before it had begun. Resolves when the last byte is
   * handed over or the connection is lost; never rejects.
   */
  reply(reply: Reply): Promise<Delivery>
}

export interface Delivery {
  /** False: the client went away, or the body's source failed, before everything was sent. */
  readonly whole: boolean
  readonly bytesSent: number
  /** Why the source of the body failed, if it did. */
  readonly failure: Error | undefined
  /** False: that failure came before the first byte of the body. Nothing was sent, not even the head, and any other reply can be. */
  readonly begun: boolean
}

/** The raw bytes of a request's body, HTTP's own framing taken off. */
interface RequestBytes {
  /**
   * Starts the flow, sending `100 Continue` first where the client waits for it; called once. `lost` comes instead of `end`
   * when the connection broke or the framing was invalid: what came so far is not the whole body.
   */
  start(receiver: { data(chunk: Buffer): void, end(): void, lost(): void }): void
  pause(): void
  resume(): void
  /** True while nothing comes because nothing is read: the client is not to blame. */
  resting(): boolean
}

export function exchangeOf(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): Exchange {
  let closed = false
  let received = 0
  // A request whose client vanishes emits `error`; without a listener that would end the process.
  req.on('error', () => undefined)
  res.on('error', () => undefined)
  res.once('close', () => { closed = true })
  const socket = req.socket
  let crumbs: Crumbs | undefined
  return {
    head: new Head(req.method ?? '', req.url ?? '', req.rawHeaders),
    httpVersion: req.httpVersion,
    secure: 'encrypted' in socket,
    peer: socket.remoteAddress ?? '',
    body: {
      start(receiver) {
        let over = false
        const finish = (complete: boolean): void => {
          if (over) return
          over = true
          if (complete) receiver.end()
          else receiver.lost()
        }
        const pieces = crumbs = new Crumbs(socket)
        req.on('data', (chunk: Buffer) => {
          received += chunk.length
          pieces.add(chunk.length)
          if (!over) receiver.data(chunk)
        })
        req.once('end', () => { finish(req.complete) })
        req.once('close', () => { finish(req.complete) })
        if (req.destroyed) process.nextTick(finish, req.complete)
        else if (expectsContinue) res.writeContinue()
      },
      pause: () => { req.pause() },
      resume: () => { req.resume() },
      resting: () => crumbs?.resting === true,
    },
    bytesReceived: () => received,
    gone: () => closed,
    reply: (reply) => writeReply(req, res, reply),
  }
}
