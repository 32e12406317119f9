import { createCRC64, type IHasher } from 'hash-wasm'

const polynomial = '9a6c9329ac4bc9b5'

let shared: IHasher | undefined
/** Whose state the shared instance holds. */
let holder: Crc64Nvme | undefined
let loading: Promise<void> | undefined

/**
 * CRC-64/NVME. The code is WebAssembly, and each instance of it reserves address space by the gigabyte, so there is one for
 * all bodies: a body that finds another's state in it saves that (8 bytes) and loads its own.
 */
export class Crc64Nvme {
  private state: Uint8Array | undefined

  /** Undefined once the code is loaded; else what to wait for before a first `new`. */
  static loading(): Promise<void> | undefined {
    if (shared !== undefined) return undefined
    loading ??= createCRC64(polynomial).then((hasher) => { shared = hasher })
    return loading
  }

  push(bytes: Buffer): void {
    this.hold().update(bytes)
  }

  /** Called once. */
  digest(): Buffer {
    const digest = this.hold().digest('binary')
    holder = undefined
    return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength)
  }

  private hold(): IHasher {
    if (shared === undefined) throw new Error('CRC-64/NVME is used before it is loaded')
    if (holder === this) return shared
    if (holder !== undefined) holder.state = shared.save()
    if (this.state === undefined) shared.init()
    else shared.load(this.state)
    holder = this
    return shared
  }
}
