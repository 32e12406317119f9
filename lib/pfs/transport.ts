import type { Rpcs } from '../wire/messages'

/**
 * How the gateway speaks to a PFS server, whichever way it is reached. Messages are plain objects in proto-loader's shapes:
 * snake_case names, enums as strings, 64-bit integers as numbers, absent fields absent (a field at its default is absent too:
 * read `message.size_bytes ?? 0`). Ownership of a message, buffers included, passes with the call.
 */
export interface Transport {
  unary<Path extends UnaryPath>(path: Path, request: Rpcs[Path]['request'], options?: CallOptions): Promise<Rpcs[Path]['response']>
  serverStream<Path extends ServerStreamPath>(
    path: Path, request: Rpcs[Path]['request'], options?: CallOptions,
  ): MessageSource<Rpcs[Path]['response']>
  clientStream<Path extends ClientStreamPath>(
    path: Path, options?: CallOptions,
  ): ClientStream<Rpcs[Path]['request'], Rpcs[Path]['response']>
  /** Bytes of an answer, as they came, which are of no more use: their memory may be filled again. */
  readonly giveBack?: (bytes: Buffer) => void
  close(): void
  /**
   * True: client streams are carried out in the order in which they were ended, as long as the server asked none of them to wait.
   * Over a network each makes its own way.
   */
  readonly ordered?: boolean | undefined
}

type PathOf<Kind> = { [Path in keyof Rpcs]: Rpcs[Path]['kind'] extends Kind ? Path : never }[keyof Rpcs]
export type UnaryPath = PathOf<'unary'>
export type ServerStreamPath = PathOf<'server-stream'>
export type ClientStreamPath = PathOf<'client-stream'>

export interface CallOptions {
  /** Metadata sent along, such as `authn-token`. */
  readonly metadata?: Readonly<Record<string, string>>
  /**
   * A unary call fails with DEADLINE_EXCEEDED after this long; a stream after this long without any progress. Over a network
   * there is a default; in process a call can only be as slow as the disk, so that only a unary call asked for a bound has one.
   */
  readonly idleMsMax?: number
}

/** The messages of a server-streaming call; the rules are those of kit/byte-source. Every error is an RpcError. */
export interface MessageSource<Message> {
  start(receiver: MessageReceiver<Message>): void
  resume(): void
  cancel(): void
}

export interface MessageReceiver<Message> {
  data(message: Message): boolean
  end(): void
  fail(error: RpcError): void
}

export interface ClientStream<Request, Response> {
  /** Resolves when the next message may be sent; undefined means at once. Rejects once the call has failed. */
  send(message: Request): Promise<void> | undefined
  /** Half-closes: the server takes everything sent as complete. Resolves with its answer. */
  end(): Promise<Answer<Response>>
  /**
   * Gives up so that the server commits nothing: an invalid empty message goes out, and the call is left alone until its
   * error comes. (A cancel would half-close first, which a server takes as complete.) Resolves when the call is over.
   */
  abort(): Promise<void>
}

export interface Answer<Response> {
  readonly response: Response
  /** Metadata of the answer, such as `pfs-commit-id`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The gRPC status codes that mean something to us, or that we give calls ourselves. */
export const RpcStatus = {
  cancelled: 1, unknown: 2, deadlineExceeded: 4, alreadyExists: 6, permissionDenied: 7, resourceExhausted: 8, failedPrecondition: 9,
  unimplemented: 12, internal: 13, unavailable: 14, unauthenticated: 16,
} as const

/** What every failed call rejects with, on both transports. */
export class RpcError extends Error {
  /** Numeric gRPC status, 1 to 16. */
  readonly code: number
  /** The server's own text: for matching, never for a client's eyes. */
  readonly details: string

  constructor(code: number, details: string, cause?: unknown) {
    super(`${code}: ${details}`, cause === undefined ? undefined : { cause })
    this.name = 'RpcError'
    this.code = code
    this.details = details
  }
}

/**
 * A server's handlers by RPC path, as an in-process transport calls them; the embedded server's table is one by structure.
 * A handler fails by throwing (or rejecting with) an Error that has a numeric `code` and a string `details`.
 */
export type RpcTable = { readonly [Path in keyof Rpcs]?: HandlerOf<Path> }

type HandlerOf<Path extends keyof Rpcs> =
  Rpcs[Path]['kind'] extends 'unary' ? UnaryHandler<Rpcs[Path]['request'], Rpcs[Path]['response']>
    : Rpcs[Path]['kind'] extends 'server-stream' ? ServerStreamHandler<Rpcs[Path]['request'], Rpcs[Path]['response']>
      : ClientStreamHandler<Rpcs[Path]['request'], Rpcs[Path]['response']>

export interface HandlerContext {
  /** Metadata that came with the call, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>
  /** Sets metadata of the answer. */
  answer(name: string, value: string): void
  /** Calls back once if the caller goes away before it is answered. */
  onGone(listener: () => void): void
}

export type UnaryHandler<Request, Response> = (request: Request, context: HandlerContext) => Response | Promise<Response>

/** Sends through `out` and returns (or resolves) when all is sent. */
export type ServerStreamHandler<Request, Response> =
  (request: Request, out: Outlet<Response>, context: HandlerContext) => void | Promise<void>

export interface Outlet<Response> {
  /** Undefined: send on. A promise: wait for it first (resolves when there is room, or when the caller is gone). */
  send(message: Response): Promise<void> | undefined
  /** For who gains nothing by being ahead. Undefined: the caller wants more now. A promise: of that moment, or of the caller's end. */
  wanted(): Promise<void> | undefined
  /** The caller is gone: stop, nothing more will be delivered. */
  readonly cancelled: boolean
}

export type ClientStreamHandler<Request, Response> = (context: HandlerContext) => Inlet<Request, Response>

export interface Inlet<Request, Response> {
  /** Takes the next message; throws or rejects to fail the call. Called again only when the promise, if any, is done. */
  message(message: Request): Promise<void> | void
  /** The caller has said that it sent everything. */
  end(): Promise<Response>
  /** The call is over without `end`, also where `message` failed: whatever was gathered is let go. Called once at the most. */
  abort(): void
}
