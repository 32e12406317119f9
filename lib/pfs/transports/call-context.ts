import { RpcError, RpcStatus, type CallOptions, type HandlerContext } from '../transport'

/** One in-process call's metadata, both ways. */
export class CallContext implements HandlerContext {
  readonly metadata: Readonly<Record<string, string>>
  answers: Record<string, string> = none
  private leaving: (() => void)[] | undefined

  constructor(options: CallOptions | undefined) {
    this.metadata = options?.metadata ?? none
  }

  answer(name: string, value: string): void {
    if (this.answers === none) this.answers = {}
    this.answers[name] = value
  }

  onGone(listener: () => void): void {
    this.leaving ??= []
    this.leaving.push(listener)
  }

  /** The caller waits no longer. */
  leave(): void {
    for (const listener of this.leaving?.splice(0) ?? []) listener()
  }
}

const none: Record<string, string> = Object.freeze({})

/** What a handler threw, as its caller sees it. An error without a code is a fault of the server's: its text is UNKNOWN's, as on a wire. */
export function rpcErrorOf(error: unknown): RpcError {
  if (error instanceof RpcError) return error
  if (error instanceof Error && 'code' in error && 'details' in error) {
    const { code, details } = error
    if (typeof code === 'number' && typeof details === 'string') return new RpcError(code, details, error)
  }
  return new RpcError(RpcStatus.unknown, error instanceof Error ? error.message : String(error), error)
}
