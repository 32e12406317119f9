import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import type { Stat } from './contract'
import { repoKey } from './wire-ref'

/**
 * The bytes of small files that were read twice lately: to keep what is read once, as a whole repo is by most who read it, costs
 * a fifth of the read and is of use to nobody. They go by the commit that last wrote the file, so they outlive commits that
 * leave it as it is. Whoever asks has found the file in a snapshot just resolved: what was removed with its commit or its repo is
 * asked for by nobody, and no commit id comes twice.
 */
export class Bodies {
  private readonly known = new LRUCache<string, Buffer>({
    maxSize: limits.rememberedBodiesBytesMax, sizeCalculation: (body, place) => 400 + 2 * place.length + body.length,
  })

  /** Hashes of places that were read lately, in sets of `waysOfSet`, the latest first: a later one drives out the oldest of its set. */
  private readonly readOnce = new Uint32Array(readOncePlaces)

  /** To be read only: others get the same bytes. */
  get(file: Stat): Buffer | undefined {
    return file.size > limits.rememberedBodyBytesMax ? undefined : this.known.get(placeOf(file))
  }

  /**
   * All of a file was read. Nobody writes into `body` from now on. One that is a piece of much more memory is copied, for it would
   * hold that.
   */
  keep(file: Stat, body: Buffer): void {
    const place = placeOf(file)
    if (!this.wasRead(place) || this.known.get(place) !== undefined) return
    const alone = body.buffer.byteLength <= body.length + sparedBytes
    this.known.set(place, alone ? body : copyOf(body))
  }

  private wasRead(place: string): boolean {
    const hash = hashOf(place)
    const start = hash % readOncePlaces & -waysOfSet
    const set = this.readOnce.subarray(start, start + waysOfSet)
    if (set.includes(hash)) return true
    set.copyWithin(1, 0)
    set[0] = hash
    return false
  }
}

/**
 * Twice as many as bodies of 4 KiB that fit: what is read in turns and fits is rarely driven out of its set before it comes again;
 * what is far more than fits always is, and then nothing is kept in vain.
 */
const readOncePlaces = 16_384
const waysOfSet = 8

/** FNV-1a, 32 bits, of the UTF-16 units: who makes two places collide has one body more or less remembered. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Memory that may hang on a body unseen: less than what an entry is taken to cost. */
const sparedBytes = 256

function placeOf({ snapshot, version, key }: Stat): string {
  return `${repoKey(snapshot)}@${version}/${key}`
}

/** In memory of its own: a short `Buffer.from` is a piece of a slab. */
function copyOf(body: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(body.length)
  body.copy(copy)
  return copy
}
