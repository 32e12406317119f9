import type { ClientWritableStream, Metadata, ServiceError, StatusObject } from '@grpc/grpc-js'
import { limits } from '../../limits'
import { IdleTimer } from './idle-timer'
import { RpcError, RpcStatus, type Answer, type ClientStream } from '../transport'

type Answered<Response> = (error: ServiceError | null, response?: Response) => void

/** What HTTP/2 adds to the answer's metadata by itself. */
const ofTheWire: ReadonlySet<string> = new Set(['content-type', 'date'])

/**
 * A client-streaming call over gRPC. It is never cancelled and has no deadline: the library half-closes before it resets, and
 * a server takes a half-close as "all sent, commit". Whoever gives up sends a message that the server must refuse and leaves
 * the call alone until the refusal comes. `over` is set by the call's status and by nothing else.
 */
export class GrpcUpload<Request extends object, Response> implements ClientStream<Request, Response> {
  private readonly call: ClientWritableStream<Request> | undefined
  private readonly idle: IdleTimer
  private unsent = 0
  private failure: RpcError | undefined
  private answer: Answer<Response> | undefined
  private response: Response | undefined
  private metadata: Record<string, string> = {}
  private over = false
  private ended = false
  private poisoned = false
  private readonly room: (() => void)[] = []
  private readonly done: (() => void)[] = []

  constructor(open: (answered: Answered<Response>) => ClientWritableStream<Request>, idleMsMax: number) {
    this.idle = new IdleTimer(idleMsMax, () => this.giveUp(new RpcError(RpcStatus.deadlineExceeded, `no progress for ${idleMsMax} ms`)))
    try {
      const call = open((error, response) => {
        if (error === null) this.response = response
        else this.failure ??= new RpcError(error.code, error.details)
      })
      this.call = call
      call.on('metadata', (metadata: Metadata) => this.keep(metadata))
      call.on('status', (status: StatusObject) => this.settle(status))
      // A write that finds the call over reports the same error that its status does.
      call.on('error', () => undefined)
    } catch (error) {
      this.failure = error instanceof RpcError ? error : new RpcError(RpcStatus.internal, String(error), error)
      this.over = true
    }
  }

  private keep(metadata: Metadata): void {
    for (const [name, value] of Object.entries(metadata.getMap())) {
      if (!ofTheWire.has(name)) this.metadata[name] = value.toString()
    }
  }

  /** The status is the last that comes of a call. Without an answer before it, the call has failed, whatever it says. */
  private settle(status: StatusObject): void {
    this.over = true
    this.idle.stop()
    this.keep(status.metadata)
    if (this.failure === undefined && this.response !== undefined) this.answer = { response: this.response, metadata: this.metadata }
    this.failure ??= new RpcError(RpcStatus.cancelled, 'the call is over')
    this.wake()
  }

  /** Lets everybody look again: those who wait for room, and those who wait for the end. */
  private wake(): void {
    for (const wake of this.room.splice(0)) wake()
    for (const wake of this.done.splice(0)) wake()
  }

  private giveUp(failure: RpcError): void {
    this.failure ??= failure
    this.poison()
    this.wake()
  }

  private poison(): void {
    if (this.over || this.ended || this.poisoned || this.call === undefined) return
    this.poisoned = true
    // Every request's fields are optional; this one is refused by every server, since its oneof is not set.
    this.call.write({} as Request)
  }

  send(message: Request): Promise<void> | undefined {
    if (this.call === undefined || this.over || this.failure !== undefined) return this.rejection()
    this.unsent++
    this.idle.touch()
    this.call.write(message, () => {
      this.unsent--
      if (this.unsent === 0 && !this.ended) this.idle.stop()
      else this.idle.touch()
      if (this.unsent < limits.queuedMessagesMax) for (const wake of this.room.splice(0)) wake()
    })
    return this.unsent < limits.queuedMessagesMax ? undefined : this.waitForRoom()
  }

  /** Kept when few enough messages are unsent, or rejected when the call fails; nobody need be listening. */
  private waitForRoom(): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      this.room.push(() => this.failure === undefined ? resolve() : reject(this.failure))
    })
    promise.catch(() => undefined)
    return promise
  }

  private rejection(): Promise<never> {
    const promise = Promise.reject(this.failure ?? new RpcError(RpcStatus.cancelled, 'the call is over'))
    // Its owner may ask for the outcome with `end` only.
    promise.catch(() => undefined)
    return promise
  }

  async end(): Promise<Answer<Response>> {
    if (!this.over && this.failure === undefined && this.call !== undefined) {
      this.ended = true
      this.idle.touch()
      this.call.end()
      await new Promise<void>((resolve) => { this.done.push(resolve) })
    }
    if (this.answer !== undefined) return this.answer
    throw this.failure ?? new RpcError(RpcStatus.unknown, 'the call ended without an answer')
  }

  async abort(): Promise<void> {
    if (this.over || this.ended) return
    this.giveUp(new RpcError(RpcStatus.cancelled, 'the caller gave up'))
    await new Promise<void>((resolve) => {
      // Nobody is served by waiting for a server that does not answer; its connection dies by keep-alive.
      const timer = setTimeout(resolve, limits.streamIdleMsMax).unref()
      this.done.push(() => { clearTimeout(timer); resolve() })
    })
  }
}
