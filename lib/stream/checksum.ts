import { crc32, crc32c } from '@node-rs/crc32'
import { checksumMismatch, type ChecksumAlgorithm } from '../s3/checksum'
import { isWasmAlgorithm, WasmSum } from '../s3/wasm-sum'
import { Digest } from './digest'

interface Running {
  push(bytes: Buffer): void
  digest(): Buffer
}

class Crc32 implements Running {
  private value = 0
  private readonly step: (bytes: Buffer, value: number) => number

  constructor(step: (bytes: Buffer, value: number) => number) {
    this.step = step
  }

  push(bytes: Buffer): void {
    this.value = this.step(bytes, this.value)
  }

  digest(): Buffer {
    const digest = Buffer.allocUnsafe(4)
    digest.writeUInt32BE(this.value)
    return digest
  }
}

/** One of S3's checksums over the content. */
export class Checksum {
  readonly algorithm: ChecksumAlgorithm
  private readonly running: Running

  /** Some have code to load first: see `loading`. */
  constructor(algorithm: ChecksumAlgorithm, length: number | undefined) {
    this.algorithm = algorithm
    this.running = start(algorithm, length)
  }

  /** Undefined where a checksum of this name can be started now; else what to wait for. */
  static loading(algorithm: ChecksumAlgorithm): Promise<void> | undefined {
    return isWasmAlgorithm(algorithm) ? WasmSum.loading(algorithm) : undefined
  }

  push(bytes: Buffer): void {
    this.running.push(bytes)
  }

  /** The digest; throws BadDigest where it is not the expected one. */
  end(expected: Buffer): Buffer {
    const digest = this.running.digest()
    if (!digest.equals(expected)) throw checksumMismatch(this.algorithm)
    return digest
  }
}

function start(algorithm: ChecksumAlgorithm, length: number | undefined): Running {
  if (isWasmAlgorithm(algorithm)) return new WasmSum(algorithm)
  switch (algorithm) {
    case 'CRC32': return new Crc32(crc32)
    case 'CRC32C': return new Crc32(crc32c)
    case 'MD5': return new Digest('md5', length)
    case 'SHA1': return new Digest('sha1', length)
    case 'SHA256': return new Digest('sha256', length)
    case 'SHA512': return new Digest('sha512', length)
  }
}
