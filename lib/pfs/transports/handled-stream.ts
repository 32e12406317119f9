import { deferred, type Deferred } from '../../kit/deferred'
import { limits } from '../../limits'
import { weightOf } from '../../wire/weight-of'
import { CallContext, rpcErrorOf } from './call-context'
import type { CallOptions, MessageReceiver, MessageSource, Outlet, RpcError, ServerStreamHandler } from '../transport'

/** Of every stream of the process, so that what all of them hold has a bound. */
let queuedInAll = 0

/**
 * One server-streaming call: the caller's source and the handler's outlet are two sides of one queue. Invariants:
 * - What is queued is delivered in turns of its own, never from within `start`, `send` or `resume`: a caller who pauses in the
 *   middle of a delivery finds its own state settled, as it would over a network.
 * - `queuedBytes` is what the queue holds. From the credit on, `send` answers a promise, which is kept when there is room again
 *   or the caller is gone; a handler that ignores it is not stopped. `wanted` is kept when nothing is queued and the caller takes more.
 * - What all streams have queued is counted too. From its bound on nobody gets ahead of a caller who pauses: many that do
 *   not read must not cost a credit each.
 * - The end, or the failure, waits behind the last message, also while the caller pauses. `cancelled` is set by either side's
 *   end, and after it nothing is delivered.
 */
export class HandledStream<Request, Response> implements MessageSource<Response>, Outlet<Response> {
  cancelled = false
  private readonly handler: ServerStreamHandler<Request, Response>
  private readonly request: Request
  private readonly context: CallContext
  private receiver: MessageReceiver<Response> | undefined
  private queue: Response[] = []
  private queuedBytes = 0
  private paused = false
  private scheduled = false
  private finished = false
  private failure: RpcError | undefined
  private room: Deferred<void> | undefined
  private want: Deferred<void> | undefined

  constructor(handler: ServerStreamHandler<Request, Response>, request: Request, options: CallOptions | undefined) {
    this.handler = handler
    this.request = request
    this.context = new CallContext(options)
  }

  start(receiver: MessageReceiver<Response>): void {
    this.receiver = receiver
    queueMicrotask(() => this.run())
  }

  private run(): void {
    if (this.cancelled) return
    try {
      const running = this.handler(this.request, this, this.context)
      if (running === undefined) this.finish(undefined)
      else running.then(() => this.finish(undefined), (error: unknown) => this.finish(rpcErrorOf(error)))
    } catch (error) {
      this.finish(rpcErrorOf(error))
    }
  }

  /** The handler is done: what it sent goes out, and behind that the end or the failure. */
  private finish(failure: RpcError | undefined): void {
    this.finished = true
    this.failure = failure
    // The handler runs in a microtask of its own, so that what it sent can go out at once behind it.
    this.flush()
  }

  send(message: Response): Promise<void> | undefined {
    if (this.cancelled) return undefined
    this.queue.push(message)
    this.count(weightOf(message))
    if (!this.paused && !this.scheduled) {
      this.scheduled = true
      queueMicrotask(() => { this.scheduled = false; this.flush() })
    }
    if (this.hasRoom()) return undefined
    this.room ??= deferred()
    return this.room.promise
  }

  wanted(): Promise<void> | undefined {
    if (this.cancelled || this.isWanted()) return undefined
    this.want ??= deferred()
    return this.want.promise
  }

  private isWanted(): boolean {
    return this.queue.length === 0 && !this.paused
  }

  private flush(): void {
    const receiver = this.receiver
    let sent = 0
    while (receiver !== undefined && !this.cancelled && !this.paused && sent < this.queue.length) {
      // The index is below the length.
      const message = this.queue[sent++] as Response
      this.count(-weightOf(message))
      if (!receiver.data(message)) this.paused = true
    }
    if (this.cancelled) return
    if (sent === this.queue.length) this.queue = []
    else if (sent > 0) this.queue.splice(0, sent)
    if (this.hasRoom()) this.room = settled(this.room)
    if (this.isWanted()) this.want = settled(this.want)
    if (!this.finished || this.paused || this.queue.length > 0 || receiver === undefined) return
    this.cancelled = true
    if (this.failure === undefined) receiver.end()
    else receiver.fail(this.failure)
  }

  private count(bytes: number): void {
    this.queuedBytes += bytes
    queuedInAll += bytes
  }

  private hasRoom(): boolean {
    if (queuedInAll >= limits.readAheadBytes) return !this.paused && this.queue.length === 0
    return this.queuedBytes < limits.streamCreditBytes
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(() => { this.scheduled = false; this.flush() })
  }

  cancel(): void {
    if (!this.cancelled) this.context.leave()
    this.cancelled = true
    this.queue = []
    this.count(-this.queuedBytes)
    this.room = settled(this.room)
    this.want = settled(this.want)
  }
}

function settled(waiting: Deferred<void> | undefined): undefined {
  waiting?.resolve()
}
