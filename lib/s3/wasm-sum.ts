import { createCRC64, createXXHash128, createXXHash3, createXXHash64, type IHasher } from 'hash-wasm'

/** The checksums whose code is WebAssembly. Their digests are big-endian, as S3's are. */
const creators = {
  CRC64NVME: () => createCRC64('9a6c9329ac4bc9b5'),
  XXHASH3: () => createXXHash3(),
  XXHASH64: () => createXXHash64(),
  XXHASH128: () => createXXHash128(),
} as const

type WasmAlgorithm = keyof typeof creators

export function isWasmAlgorithm(name: string): name is WasmAlgorithm {
  return Object.hasOwn(creators, name)
}

/** `holder`: the sum whose state the code holds. */
interface Shared { readonly hasher: IHasher, holder: WasmSum | undefined }

const shared = new Map<WasmAlgorithm, Shared>()
const loadings = new Map<WasmAlgorithm, Promise<void>>()

/**
 * Sums bytes as they pass. Each instance of the code reserves address space by the gigabyte, so there is one for all sums of an
 * algorithm: a sum that finds another's state in it saves that (600 bytes at most) and loads its own.
 */
export class WasmSum {
  private readonly shared: Shared
  private state: Uint8Array | undefined

  /** Undefined once the code is loaded; else what to wait for before a first `new`. */
  static loading(algorithm: WasmAlgorithm): Promise<void> | undefined {
    if (shared.has(algorithm)) return undefined
    const begun = loadings.get(algorithm)
    if (begun !== undefined) return begun
    const loading = creators[algorithm]().then((hasher) => { shared.set(algorithm, { hasher, holder: undefined }) })
    loadings.set(algorithm, loading)
    return loading
  }

  constructor(algorithm: WasmAlgorithm) {
    const loaded = shared.get(algorithm)
    if (loaded === undefined) throw new Error(`${algorithm} is used before it is loaded`)
    this.shared = loaded
  }

  push(bytes: Buffer): void {
    this.hold().update(bytes)
  }

  /** Called once. */
  digest(): Buffer {
    const digest = this.hold().digest('binary')
    this.shared.holder = undefined
    return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength)
  }

  private hold(): IHasher {
    const { hasher, holder } = this.shared
    if (holder === this) return hasher
    if (holder !== undefined) holder.state = hasher.save()
    if (this.state === undefined) hasher.init()
    else hasher.load(this.state)
    this.shared.holder = this
    return hasher
  }
}
