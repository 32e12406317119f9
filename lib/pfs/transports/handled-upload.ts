import { deferred, type Deferred } from '../../kit/deferred'
import { limits } from '../../limits'
import { CallContext, rpcErrorOf } from './call-context'
import { RpcError, RpcStatus, type Answer, type CallOptions, type ClientStream, type ClientStreamHandler, type Inlet } from '../transport'

/**
 * One client-streaming call. The handler has at most one message in hand; one more may wait before `send` asks for patience.
 * Invariants: the inlet ends once at the most, by `end` or by `abort`; not before the message in hand is done, whose buffers are
 * still in use; and never by `end` once anything has failed, so that half of a stream is never taken for all of it.
 */
export class HandledUpload<Request, Response> implements ClientStream<Request, Response> {
  private readonly context: CallContext
  private readonly inlet: Inlet<Request, Response> | undefined
  private waiting: Request[] = []
  private busy: Promise<void> | undefined
  private failure: RpcError | undefined
  private over = false
  private room: Deferred<void> | undefined

  constructor(handler: ClientStreamHandler<Request, Response>, options: CallOptions | undefined) {
    this.context = new CallContext(options)
    try {
      this.inlet = handler(this.context)
    } catch (error) {
      this.failure = rpcErrorOf(error)
      this.over = true
    }
  }

  send(message: Request): Promise<void> | undefined {
    if (this.failure === undefined) {
      if (this.busy !== undefined) this.waiting.push(message)
      else this.take(message)
    }
    if (this.failure !== undefined) return this.rejection(this.failure)
    if (this.waiting.length + (this.busy === undefined ? 0 : 1) < limits.queuedMessagesMax) return undefined
    this.room ??= deferred()
    return this.room.promise
  }

  /** A caller may look at the call's end only: that nobody waits here is no fault. */
  private rejection(failure: RpcError): Promise<void> {
    const { promise, reject } = deferred()
    reject(failure)
    return promise
  }

  private take(message: Request): void {
    try {
      const taken = this.inlet?.message(message)
      if (taken instanceof Promise) this.busy = taken.then(() => this.taken(), (error: unknown) => this.fail(error))
    } catch (error) {
      this.fail(error)
    }
  }

  /** The message in hand is done: the next ones go in, until one of them takes its time too. */
  private taken(): void {
    this.busy = undefined
    while (this.busy === undefined && this.failure === undefined) {
      const next = this.waiting.shift()
      if (next === undefined) break
      this.take(next)
    }
    if (this.waiting.length + (this.busy === undefined ? 0 : 1) < limits.queuedMessagesMax) this.settleRoom(undefined)
  }

  /** What waits is thrown away: a server that has failed takes no more. */
  private fail(error: unknown): void {
    this.busy = undefined
    this.failure ??= rpcErrorOf(error)
    this.waiting = []
    this.settleRoom(this.failure)
    this.letGo()
  }

  private settleRoom(failure: RpcError | undefined): void {
    const room = this.room
    this.room = undefined
    if (failure === undefined) room?.resolve()
    else room?.reject(failure)
  }

  private letGo(): void {
    if (this.over) return
    this.over = true
    this.inlet?.abort()
  }

  async end(): Promise<Answer<Response>> {
    while (this.busy !== undefined) await this.busy
    if (this.failure !== undefined) throw this.failure
    if (this.inlet === undefined) throw new RpcError(RpcStatus.unknown, 'the call has no handler')
    if (this.over) throw new RpcError(RpcStatus.cancelled, 'the call is over')
    this.over = true
    try {
      return { response: await this.inlet.end(), metadata: this.context.answers }
    } catch (error) {
      throw rpcErrorOf(error)
    }
  }

  async abort(): Promise<void> {
    this.failure ??= new RpcError(RpcStatus.cancelled, 'the caller gave up')
    this.waiting = []
    this.settleRoom(this.failure)
    while (this.busy !== undefined) await this.busy
    this.letGo()
  }
}
