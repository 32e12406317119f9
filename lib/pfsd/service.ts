import type { Rpcs } from '../wire/messages'

/**
 * The embedded server's RPCs by path. The gateway's in-process transport takes this table by structure (pfs/transport.ts
 * declares the same shapes); serve.ts puts it on a socket. Handlers fail by throwing an RpcFailure, leave fields at their
 * default absent (so that both transports give the same messages), and own what they are handed.
 */
export type Service = { readonly [Path in keyof Rpcs]?: Handler<Path> }

type Handler<Path extends keyof Rpcs> =
  Rpcs[Path]['kind'] extends 'unary' ? Unary<Rpcs[Path]['request'], Rpcs[Path]['response']>
    : Rpcs[Path]['kind'] extends 'server-stream' ? ServerStream<Rpcs[Path]['request'], Rpcs[Path]['response']>
      : ClientStream<Rpcs[Path]['request'], Rpcs[Path]['response']>

export interface Context {
  /** Metadata that came with the call, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>
  /** Sets metadata of the answer. */
  answer(name: string, value: string): void
  /** Calls back once if the caller goes away before it is answered. */
  onGone(listener: () => void): void
}

export type Unary<Request, Response> = (request: Request, context: Context) => Response | Promise<Response>

export type ServerStream<Request, Response> = (request: Request, out: Outlet<Response>, context: Context) => void | Promise<void>

export interface Outlet<Response> {
  /** Undefined: send on. A promise: wait for it first (resolves when there is room, or when the caller is gone). */
  send(message: Response): Promise<void> | undefined
  /** For who gains nothing by being ahead. Undefined: the caller wants more now. A promise: of that moment, or of the caller's end. */
  wanted(): Promise<void> | undefined
  /** The caller is gone: stop. */
  readonly cancelled: boolean
}

export type ClientStream<Request, Response> = (context: Context) => Inlet<Request, Response>

export interface Inlet<Request, Response> {
  /** Takes the next message; throws or rejects to fail the call. Called again only when the promise, if any, is done. */
  message(message: Request): Promise<void> | void
  /** The caller has said that it sent everything. */
  end(): Promise<Response>
  /** The call is over without `end`: whatever was gathered is let go. */
  abort(): void
}
