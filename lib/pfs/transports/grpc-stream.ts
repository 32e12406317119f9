import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js'
import { IdleTimer } from './idle-timer'
import { RpcError, RpcStatus, type MessageReceiver, type MessageSource } from '../transport'

/**
 * A server-streaming call over gRPC. The idle timer runs while the server is the one that is waited for: not while the
 * consumer has paused.
 */
export class GrpcStream<Response> implements MessageSource<Response> {
  private readonly open: () => ClientReadableStream<Response>
  private readonly idle: IdleTimer
  private call: ClientReadableStream<Response> | undefined
  private receiver: MessageReceiver<Response> | undefined
  private over = false

  constructor(open: () => ClientReadableStream<Response>, idleMsMax: number) {
    this.open = open
    this.idle = new IdleTimer(idleMsMax, () => {
      this.fail(new RpcError(RpcStatus.deadlineExceeded, `no message for ${idleMsMax} ms`))
      this.call?.cancel()
    })
  }

  start(receiver: MessageReceiver<Response>): void {
    if (this.over) return
    this.receiver = receiver
    let call: ClientReadableStream<Response>
    try {
      call = this.open()
    } catch (error) {
      queueMicrotask(() => this.fail(error instanceof RpcError ? error : new RpcError(RpcStatus.internal, String(error), error)))
      return
    }
    this.call = call
    readNothingAhead(call)
    this.idle.touch()
    call.on('data', (message: Response) => {
      if (this.over) return
      this.idle.touch()
      if (receiver.data(message) || this.over) return
      this.idle.stop()
      call.pause()
    })
    // The stream of a failed call ends as well, behind its error.
    call.on('error', (error: ServiceError) => this.fail(new RpcError(error.code, error.details)))
    call.on('end', () => {
      if (this.over) return
      this.finish()
      receiver.end()
    })
  }

  private finish(): void {
    this.over = true
    this.idle.stop()
  }

  /** Told once; after an end or a cancel, to nobody. */
  private fail(error: RpcError): void {
    if (this.over) return
    this.finish()
    this.receiver?.fail(error)
  }

  resume(): void {
    if (this.over || this.call === undefined) return
    this.idle.touch()
    this.call.resume()
  }

  cancel(): void {
    if (this.over) return
    this.finish()
    this.call?.cancel()
  }
}

/**
 * A readable stream of objects takes sixteen of them in advance while its consumer pauses, which for a file's content is
 * four mebibytes a reader. The bound cannot be given from outside: grpc-js makes the stream.
 */
function readNothingAhead(call: object): void {
  // Every Readable of node has this state; where it should be missing, only memory is lost.
  const { _readableState: state } = call as { readonly _readableState?: { highWaterMark?: number } }
  if (state !== undefined) state.highWaterMark = 0
}
