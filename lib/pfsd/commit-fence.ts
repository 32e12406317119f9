import { ServerInterceptingCall, ServerListenerBuilder, status, type ServerInterceptor } from '@grpc/grpc-js'
import type { Http2Session, ServerHttp2Stream } from 'node:http2'

const pings = 2

/**
 * The end of a client's stream means: commit. But Node's HTTP/2 tells a server of an end when the client died in the middle,
 * and grpc-js ends a stream just before it cancels it. So an end is handed on only after two PINGs have come back, one after the
 * other. Whoever acknowledges the first is alive. A Node client that ends and resets acknowledges it perhaps between the two,
 * but it has been once round its event loop before it sees the second, and the reset is here before that acknowledgement.
 *
 * This leans on one private field of grpc-js, the HTTP/2 stream that every call holds as `stream`. Where it is missing the
 * call fails, and nothing is committed.
 */
export const commitFence: ServerInterceptor = (method, call) => {
  if (!method.requestStream || method.responseStream) return new ServerInterceptingCall(call)
  const stream = streamOf(call)
  return new ServerInterceptingCall(call, {
    start(next) {
      next(new ServerListenerBuilder().withOnReceiveHalfClose((handOn) => {
        if (stream === undefined) return call.sendStatus({ code: status.INTERNAL, details: 'the connection of the call cannot be checked' })
        afterPings(stream.session, {
          left: pings,
          acknowledged: () => { if (!isReset(stream) && call.getDeadline().valueOf() > Date.now()) handOn() },
          lost: () => { call.sendStatus({ code: status.UNAVAILABLE, details: 'the connection of the call is lost' }) },
        })
      }).build())
    },
  })
}

interface Waiter {
  /** PINGs to be acknowledged, each sent after this one began to wait. */
  left: number
  readonly acknowledged: () => void
  readonly lost: () => void
}

/** Those who wait for the next PING of a session; there is an entry while one is under way. */
const waiting = new WeakMap<Http2Session, Waiter[]>()

/** Calls of one session share their PINGs, one at a time: Node cancels the eleventh that is under way. */
function afterPings(session: Http2Session | undefined, waiter: Waiter): void {
  if (session === undefined) return waiter.lost()
  const queue = waiting.get(session)
  if (queue !== undefined) {
    queue.push(waiter)
    return
  }
  waiting.set(session, [waiter])
  ping(session)
}

function ping(session: Http2Session): void {
  const queue = waiting.get(session) ?? []
  const asked = queue.splice(0)
  if (asked.length === 0) {
    waiting.delete(session)
    return
  }
  const answered = (acknowledged: boolean): void => {
    for (const waiter of asked) {
      if (!acknowledged) waiter.lost()
      else if (--waiter.left === 0) waiter.acknowledged()
      else queue.push(waiter)
    }
    ping(session)
  }
  if (session.destroyed) answered(false)
  else session.ping((error) => { answered(error === null) })
}

/** Ended by the client and nothing else: neither reset nor torn down. */
function isReset(stream: ServerHttp2Stream): boolean {
  return stream.aborted || stream.closed || stream.destroyed
}

function streamOf(call: object): ServerHttp2Stream | undefined {
  if (!('stream' in call)) return undefined
  const { stream } = call
  // Asked for exactly what is used of it.
  return stream !== null && typeof stream === 'object' && 'session' in stream ? stream as ServerHttp2Stream : undefined
}
