import { S3Error } from '../s3/error'
import { Digest } from './digest'

/** The SHA-256 that `x-amz-content-sha256` promised: the link between the signature in the head and the body. */
export class PayloadHash {
  private readonly running: Digest
  private readonly expected: string

  /** `expected` is hex in lower case. */
  constructor(expected: string, length: number | undefined) {
    this.running = new Digest('sha256', length)
    this.expected = expected
  }

  push(bytes: Buffer): void {
    this.running.push(bytes)
  }

  end(): void {
    const computed = this.running.digest().toString('hex')
    if (computed !== this.expected) {
      throw new S3Error('XAmzContentSHA256Mismatch', {
        ClientComputedContentSHA256: this.expected,
        S3ComputedContentSHA256: computed,
      })
    }
  }
}
