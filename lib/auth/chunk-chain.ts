import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { S3Error } from '../s3/error'
import { invalidRequest } from '../s3/refusal'
import type { ChainSeed } from './grant'

const emptySha256Hex = createHash('sha256').digest('hex')
const wellFormed = /^[0-9a-f]{64}$/

/**
 * The chain of signatures in a signed aws-chunked body. Each link is an HMAC over the one before it and the SHA-256 of one
 * chunk, from the head's signature (the seed) over every chunk, the empty last one too, to the trailer where there is one.
 * A link that fails leaves the chain where it was, but the body it belongs to is lost: nothing of it may become visible.
 * Without a signing key (open gateway) a signature need only be well formed.
 */
export class ChunkChain {
  private readonly signingKey: Buffer | undefined
  private readonly stamp: string
  private previous: string

  constructor(seed: ChainSeed) {
    this.signingKey = seed.signingKey
    this.stamp = `${seed.timestamp}\n${seed.scope}\n`
    this.previous = seed.signature
  }

  /**
   * Checks the next chunk: `signature` as the chunk's size line gives it, `sha256` of the chunk's bytes in lower-case hex.
   * Throws InvalidRequest for an ill-formed signature and SignatureDoesNotMatch for a wrong one.
   */
  verifyChunk(signature: string, sha256: string): void {
    this.verify(signature, 'AWS4-HMAC-SHA256-PAYLOAD\n', `${emptySha256Hex}\n${sha256}`)
  }

  /**
   * Checks the trailer behind the last chunk: `sha256` is that of the trailer's canonical text, one `name:value\n` for each
   * field, name in lower case, the signature's own line left out. Throws as `verifyChunk` does.
   */
  verifyTrailer(signature: string, sha256: string): void {
    this.verify(signature, 'AWS4-HMAC-SHA256-TRAILER\n', sha256)
  }

  private verify(signature: string, algorithm: string, digests: string): void {
    if (!wellFormed.test(signature)) {
      throw invalidRequest('A chunk signature must be 64 lower-case hexadecimal digits.')
    }
    if (this.signingKey !== undefined) {
      const expected = createHmac('sha256', this.signingKey)
        .update(`${algorithm}${this.stamp}${this.previous}\n${digests}`, 'latin1')
        .digest('hex')
      if (!timingSafeEqual(Buffer.from(expected, 'latin1'), Buffer.from(signature, 'latin1'))) throw new S3Error('SignatureDoesNotMatch')
    }
    this.previous = signature
  }
}
