import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import type { Stat } from './contract'
import { repoKey } from './wire-ref'

/**
 * The bytes of small files that were read lately. They go by the commit that last wrote the file, so they outlive commits that
 * leave it as it is. Whoever asks has found the file in a snapshot just resolved: what was removed with its commit or its repo is
 * asked for by nobody, and no commit id comes twice.
 */
export class Bodies {
  private readonly known = new LRUCache<string, Buffer>({
    maxSize: limits.rememberedBodiesBytesMax, sizeCalculation: (body, place) => 400 + 2 * place.length + body.length,
  })

  /** To be read only: others get the same bytes. */
  get(file: Stat): Buffer | undefined {
    return file.size > limits.rememberedBodyBytesMax ? undefined : this.known.get(placeOf(file))
  }

  /** Nobody writes into `body`, all of a file, from now on. One that is a piece of much more memory is copied, for it would hold that. */
  keep(file: Stat, body: Buffer): void {
    const place = placeOf(file)
    const alone = body.buffer.byteLength <= body.length + sparedBytes
    this.known.set(place, alone ? body : copyOf(body))
  }
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
