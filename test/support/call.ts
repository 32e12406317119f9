import { createHash } from 'node:crypto'
import { Head } from '../../lib/kit/head'
import type { Reply } from '../../lib/kit/reply'
import type { BucketScope, Call, ObjectScope, ServiceScope } from '../../lib/operations/operation'
import type { Pfs } from '../../lib/pfs/contract'
import { parseQuery } from '../../lib/s3/query'
import type { Body, Verdict } from '../../lib/stream/body'
import { collectBytes } from './collect'

export interface CallOptions {
  readonly method?: string
  /** Behind the `?`. */
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text of the body; an Error is what reading it rejects with, after some bytes. */
  readonly body?: string | Buffer | Error
  /** False: the head does not say how long the body is. */
  readonly lengthKnown?: boolean
  readonly checksum?: Verdict['checksum']
  readonly xml?: string
  readonly gone?: () => boolean
}

/** What the gateway would hand to an operation, of a request that was let in. */
export function callOf<Scope extends ServiceScope | BucketScope | ObjectScope>(pfs: Pfs, scope: Scope, options: CallOptions = {}): Call<Scope> {
  const query = options.query ?? ''
  const fields = Object.entries(options.headers ?? {}).flat()
  return {
    scope,
    head: new Head(options.method ?? 'GET', `/target${query === '' ? '' : `?${query}`}`, fields),
    query: parseQuery(query),
    body: bodyOf(options),
    xml: Buffer.from(options.xml ?? ''),
    pfs,
    secure: false,
    gone: options.gone ?? (() => false),
  }
}

export function objectScope(bucket: string, key: string): ObjectScope {
  return { kind: 'object', bucket, key }
}

/** Headers by lower-case name; fails on a name that comes twice. */
export function headersOf(reply: Reply): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of reply.headers) {
    if (name.toLowerCase() in headers) throw new Error(`${name} comes twice`)
    headers[name.toLowerCase()] = value
  }
  return headers
}

/** The bytes of a reply, as text. */
export async function textOf(reply: Reply): Promise<string> {
  const body = reply.body
  if (body.kind === 'bytes') return body.bytes.toString()
  if (body.kind !== 'source') return ''
  return (await collectBytes(body.source)).toString()
}

function bodyOf(options: CallOptions): Body {
  const content = options.body ?? ''
  const bytes = Buffer.from(content instanceof Error ? 'some' : content)
  return {
    length: options.lengthKnown === false || content instanceof Error ? undefined : bytes.length,
    into: async (sink) => {
      const middle = bytes.length >> 1
      await sink.write(bytes.subarray(0, middle))
      await sink.write(bytes.subarray(middle))
      if (content instanceof Error) throw content
      return { size: bytes.length, md5: createHash('md5').update(bytes).digest(), checksum: options.checksum }
    },
  }
}
