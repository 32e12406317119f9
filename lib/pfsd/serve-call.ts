import {
  Metadata, status,
  type sendUnaryData, type ServerReadableStream, type ServerUnaryCall, type ServerWritableStream,
} from '@grpc/grpc-js'
import type { EventEmitter } from 'node:events'
import { deferred, type Deferred } from '../kit/deferred'
import { weightOf } from '../wire/weight-of'
import { RpcFailure } from './failure'
import { limits } from './limits'
import type { ClientStream, Context, Outlet, ServerStream, Unary } from './service'

/** How grpc-js's three kinds of call are put on the handlers of the service. */

export function unaryCall<Request, Response>(handler: Unary<Request, Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    const context = new CallContext(call)
    const done = (response: Response): void => callback(null, response, context.answers)
    settle(() => handler(call.request, context), done, (error) => callback(statusOf(error)))
  }
}

export function serverStreamCall<Request, Response>(handler: ServerStream<Request, Response>) {
  return (call: ServerWritableStream<Request, Response>): void => {
    const outlet = new CallOutlet(call)
    settle(() => handler(call.request, outlet, new CallContext(call)), () => call.end(), (error) => {
      if (!call.cancelled) call.emit('error', statusOf(error))
    })
  }
}

/** One message after the other; the next is read when the handler is done with this one. */
export function clientStreamCall<Request, Response>(handler: ClientStream<Request, Response>) {
  return (call: ServerReadableStream<Request, Response>, callback: sendUnaryData<Response>): void => {
    const context = new CallContext(call)
    const inlet = handler(context)
    let over = false
    const fail = (error: unknown): void => {
      if (over) return
      over = true
      inlet.abort()
      callback(statusOf(error))
      // What is still coming is thrown away, so that the client gets to see the answer.
      call.resume()
    }
    call.on('data', (message: Request) => {
      if (over) return
      try {
        const wait = inlet.message(message)
        if (wait === undefined) return
        call.pause()
        wait.then(() => { call.resume() }, fail)
      } catch (error) {
        fail(error)
      }
    })
    call.on('end', () => {
      if (over) return
      over = true
      settle(() => inlet.end(), (response) => callback(null, response, context.answers), (error) => callback(statusOf(error)))
    })
    call.on('error', fail)
    call.on('cancelled', () => {
      if (over) return
      over = true
      inlet.abort()
    })
  }
}

function settle<Result>(work: () => Result | Promise<Result>, done: (result: Result) => void, failed: (error: unknown) => void): void {
  let result: Result | Promise<Result>
  try {
    result = work()
  } catch (error) {
    return failed(error)
  }
  if (result instanceof Promise) result.then(done, failed)
  else done(result)
}

class CallContext implements Context {
  private readonly call: EventEmitter
  readonly metadata: Readonly<Record<string, string>>
  readonly answers = new Metadata()

  constructor(call: EventEmitter & { readonly metadata: Metadata }) {
    this.call = call
    this.metadata = Object.fromEntries(Object.entries(call.metadata.getMap()).map(([name, value]) => [name, value.toString()]))
  }

  answer(name: string, value: string): void {
    this.answers.set(name, value)
  }

  onGone(listener: () => void): void {
    this.call.once('cancelled', listener)
  }
}

/** Bounded in bytes: the stream of a call counts messages, and sixteen of a file's content are four mebibytes for each reader. */
class CallOutlet<Request, Response> implements Outlet<Response> {
  private readonly call: ServerWritableStream<Request, Response>
  private unsentBytes = 0
  private room: Deferred<void> | undefined

  constructor(call: ServerWritableStream<Request, Response>) {
    this.call = call
    call.once('cancelled', () => { this.wake() })
  }

  get cancelled(): boolean {
    return this.call.cancelled
  }

  send(message: Response): Promise<void> | undefined {
    if (this.call.cancelled) return undefined
    const weight = weightOf(message)
    this.unsentBytes += weight
    this.call.write(message, () => {
      this.unsentBytes -= weight
      if (this.unsentBytes < limits.unsentBytesMax) this.wake()
    })
    return this.wanted()
  }

  /** Over a network a caller that must ask first waits for the way there and back. */
  wanted(): Promise<void> | undefined {
    if (this.call.cancelled || this.unsentBytes < limits.unsentBytesMax) return undefined
    this.room ??= deferred()
    return this.room.promise
  }

  private wake(): void {
    const room = this.room
    this.room = undefined
    room?.resolve()
  }
}

/** An error without a code is a fault of the server's, and its text is UNKNOWN's, as the in-process transport has it. */
function statusOf(error: unknown): { readonly code: number, readonly details: string } {
  if (error instanceof RpcFailure) return { code: error.code, details: error.details }
  return { code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) }
}
