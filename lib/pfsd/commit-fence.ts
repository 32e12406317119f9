import { ServerInterceptingCall, ServerListenerBuilder, status, type ServerInterceptor } from '@grpc/grpc-js'
import type { ServerHttp2Stream } from 'node:http2'

/**
 * The end of a client's stream means: commit. But Node's HTTP/2 tells a server of an end when the client died in the middle,
 * and grpc-js ends a stream just before it cancels it. So an end is handed on only after a PING has come back: whoever
 * acknowledges it is alive, and a reset that the client sent right behind the end has arrived before the acknowledgement.
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
        afterPing(stream, () => {
          if (!isReset(stream) && call.getDeadline().valueOf() > Date.now()) handOn()
        })
      }).build())
    },
  })
}

/** Where no acknowledgement comes the connection is lost, and with it the stream: that ends the call. */
function afterPing(stream: ServerHttp2Stream, acknowledged: () => void): void {
  const { session } = stream
  if (session === undefined || session.destroyed) return
  session.ping(error => {
    if (error === null) acknowledged()
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
