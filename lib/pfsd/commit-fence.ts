import { ServerInterceptingCall, ServerListenerBuilder, status, type ServerInterceptor } from '@grpc/grpc-js'
import type { ServerHttp2Stream } from 'node:http2'

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
      next(new ServerListenerBuilder().withOnReceiveHalfClose(handOn => {
        if (stream === undefined) return call.sendStatus({ code: status.INTERNAL, details: 'the connection of the call cannot be checked' })
        afterPings(stream, pings, () => {
          if (!isReset(stream) && call.getDeadline().valueOf() > Date.now()) handOn()
        })
      }).build())
    },
  })
}

/** Where no acknowledgement comes the connection is lost, and with it the stream: that ends the call. */
function afterPings(stream: ServerHttp2Stream, left: number, acknowledged: () => void): void {
  const { session } = stream
  if (session === undefined || session.destroyed) return
  session.ping(error => {
    if (error !== null || isReset(stream)) return
    if (left === 1) acknowledged()
    else afterPings(stream, left - 1, acknowledged)
  })
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
