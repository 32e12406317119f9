import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** A request in canonical parts. */
export interface CanonicalRequest {
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
 * Whether `signature`, 32 bytes, is that of the request, in any spelling of its path. The time a comparison takes tells nothing of
 * the digest that was expected.
 */
export function matches(signature: Buffer, request: CanonicalRequest, stamp: Stamp, key: Buffer): boolean {
  return request.paths.some((path) => timingSafeEqual(sign(path, request, stamp, key), signature))
}

/** The signature of a request, 32 bytes. */
export function sign(path: string, request: CanonicalRequest, stamp: Stamp, key: Buffer): Buffer {
  const { method, query, headers, signedHeaders, payloadHash } = request
  const digest = createHash('sha256')
    // Latin-1, since a head holds one character for each byte that was sent.
    .update(`${method}\n${path}\n${query}\n${headers}\n${signedHeaders}\n${payloadHash}`, 'latin1')
    .digest('hex')
  return createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${stamp.timestamp}\n${stamp.scope}\n${digest}`).digest()
}
