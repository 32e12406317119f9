import { S3Error } from '../s3/error'
import { Digest } from './digest'

/** MD5 of the content, for the ETag, held to Content-MD5 where the client sent one. */
export class Md5 {
  private readonly running: Digest
  private readonly expected: Buffer | undefined

  constructor(expected: Buffer | undefined, length: number | undefined) {
    this.running = new Digest('md5', length)
    this.expected = expected
  }

  push(bytes: Buffer): void {
    this.running.push(bytes)
  }

  /** The digest; throws BadDigest where it is not the expected one. */
  end(): Buffer {
    const digest = this.running.digest()
    if (this.expected !== undefined && !digest.equals(this.expected)) {
      // S3 shows the one in hex and the other in base64.
      throw new S3Error('BadDigest', {
        ExpectedDigest: this.expected.toString('hex'),
        CalculatedDigest: digest.toString('base64'),
      })
    }
    return digest
  }
}
