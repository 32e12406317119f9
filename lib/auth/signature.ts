import { createHmac, hash, timingSafeEqual } from 'node:crypto'

/** A request in canonical parts. */
interface CanonicalRequest {
  readonly method: string
  /** Every spelling of the path that counts as this request's. */
  readonly paths: readonly string[]
  readonly query: string
  /** `name:value\n` for every signed header, ascending. */
  readonly headers: string
  /** `host;x-amz-date` */
  readonly signedHeaders: string
  /** SHA-256 of the body in hex, or one of S3's words in its place. */
  readonly payloadHash: string
}

/** What is signed beside the request. */
export interface Stamp {
  /** `20130524T000000Z` */
  readonly timestamp: string
  /** `20130524/us-east-1/s3/aws4_request` */
  readonly scope: string
}

/**
 * Whether `signature`, 64 lower-case hex digits, is that of the request, in any spelling of its path. The time a comparison takes tells
 * nothing of the digest that was expected.
 */
export function matches(signature: string, request: CanonicalRequest, stamp: Stamp, key: Buffer): boolean {
  const given = Buffer.from(signature, 'latin1')
  return request.paths.some((path) => timingSafeEqual(Buffer.from(sign(path, request, stamp, key), 'latin1'), given))
}

/** The signature of a request in hex. */
export function sign(path: string, request: CanonicalRequest, stamp: Stamp, key: Buffer): string {
  const { method, query, headers, signedHeaders, payloadHash } = request
  const canonical = `${method}\n${path}\n${query}\n${headers}\n${signedHeaders}\n${payloadHash}`
  // Latin-1, since a head holds one character for each byte that was sent.
  const digest = hash('sha256', Buffer.from(canonical, 'latin1'), 'hex')
  const text = `AWS4-HMAC-SHA256\n${stamp.timestamp}\n${stamp.scope}\n${digest}`
  return createHmac('sha256', key).update(text, 'latin1').digest('hex')
}
