import { createHash, hash, type Hash } from 'node:crypto'

type DigestAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha512'

/**
 * A running digest that is cheap for the commonest body, one that comes in a single piece: told the length beforehand, it
 * hashes such a piece in one call, without the object that an incremental digest needs. Nobody pushes more than `length`
 * bytes, because the count is taken before any digest sees them.
 */
export class Digest {
  private readonly algorithm: DigestAlgorithm
  private readonly length: number | undefined
  private running: Hash | undefined
  private result: Buffer | undefined

  constructor(algorithm: DigestAlgorithm, length: number | undefined) {
    this.algorithm = algorithm
    this.length = length
  }

  push(bytes: Buffer): void {
    if (this.running === undefined) {
      if (bytes.length === this.length) {
        // By way of a Latin-1 string it comes into pooled memory, which is cheaper than a Buffer of its own.
        this.result = Buffer.from(hash(this.algorithm, bytes, 'binary'), 'latin1')
        return
      }
      this.running = createHash(this.algorithm)
    }
    this.running.update(bytes)
  }

  /** Called once. */
  digest(): Buffer {
    return this.result ?? (this.running ?? createHash(this.algorithm)).digest()
  }
}
