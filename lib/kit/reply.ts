import type { ByteSource } from './byte-source'

export type HeaderList = ReadonlyArray<readonly [name: string, value: string]>

/** An answer as a value: operations return it, one place (http/write-reply) puts it on a socket. */
export interface Reply {
  readonly status: number
  /** Without content-length, date, server and request id, which the writer adds. Values are Latin-1. */
  readonly headers: HeaderList
  readonly body: ReplyBody
}

type ReplyBody =
  | { readonly kind: 'none' }
  /** No bytes follow, yet Content-Length says how many a GET would bring: the answer to HEAD. */
  | { readonly kind: 'length-only', readonly length: number }
  | { readonly kind: 'bytes', readonly bytes: Buffer }
  /** Exactly `length` bytes, or the connection is destroyed. */
  | { readonly kind: 'source', readonly length: number, readonly source: ByteSource }

export const noBody: ReplyBody = { kind: 'none' }
