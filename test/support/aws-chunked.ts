import { createHash, createHmac } from 'node:crypto'
import type { ChainSeed } from '../../lib/auth/grant'

export interface EncodeOptions {
  /** Signs every chunk, and the trailer where there is one, as the holder of this key would. */
  readonly seed?: ChainSeed & { readonly signingKey: Buffer }
  readonly trailer?: { readonly name: string, readonly value: string }
  /** A section for a trailer although there is none: what the -TRAILER forms sign even then. */
  readonly signedTrailer?: boolean
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')

/** A seed with a key of its own, for bodies whose heads are not under test. */
export const testSeed = {
  signingKey: createHash('sha256').update('a key for tests').digest(),
  timestamp: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
  signature: sha256('a head for tests'),
}

/**
 * Puts aws-chunked framing around the chunks, which are the content's own: the empty last one is added. The signing rules
 * are written here a second time, from AWS's description, so that encoder and decoder can disagree.
 */
export function encodeAwsChunked(chunks: readonly Buffer[], options: EncodeOptions = {}): Buffer {
  const { seed, trailer } = options
  let previous = seed?.signature ?? ''
  const sign = (key: Buffer, head: string, tail: string): string => {
    const text = [head, seed?.timestamp, seed?.scope, previous, tail].join('\n')
    previous = createHmac('sha256', key).update(text).digest('hex')
    return previous
  }
  const out: Buffer[] = []
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    const extension = seed === undefined ? ''
      : `;chunk-signature=${sign(seed.signingKey, 'AWS4-HMAC-SHA256-PAYLOAD', `${sha256('')}\n${sha256(chunk)}`)}`
    out.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk)
    if (chunk.length > 0) out.push(Buffer.from('\r\n'))
  }
  const text = trailer === undefined ? '' : `${trailer.name}:${trailer.value}\n`
  if (trailer !== undefined) out.push(Buffer.from(`${trailer.name}:${trailer.value}\r\n`))
  if (seed !== undefined && (trailer !== undefined || options.signedTrailer === true)) {
    out.push(Buffer.from(`x-amz-trailer-signature:${sign(seed.signingKey, 'AWS4-HMAC-SHA256-TRAILER', sha256(text))}\r\n`))
  }
  out.push(Buffer.from('\r\n'))
  return Buffer.concat(out)
}
