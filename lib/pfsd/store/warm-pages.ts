import { LRUCache } from 'lru-cache'
import { totalmem } from 'node:os'
import { limits } from '../limits'

/**
 * Which bytes of files the page cache most likely holds: those that were written or read last, as many as are a small part of
 * the memory that this process may use. Nobody can ask the kernel, so this only says which reads are worth trying at once; when
 * they turn out slow the guess was wrong, and everything is forgotten.
 */
export class WarmPages {
  private readonly parts: LRUCache<number, true>
  private slowness = 0

  constructor(bytesMax = usableBytes() * limits.warmShare) {
    this.parts = new LRUCache({ max: Math.max(1, Math.floor(Math.min(bytesMax, limits.warmBytesMax) / limits.blobCheckBytes)) })
  }

  /** These bytes of a file were written or read just now. `file` tells files apart, see `blobFile` and `segment`. */
  touch(file: number, offset: number, length: number): void {
    const last = partOf(file, offset + length - 1)
    for (let part = partOf(file, offset); part <= last; part++) this.parts.set(part, true)
  }

  holds(file: number, offset: number, length: number): boolean {
    const last = partOf(file, offset + length - 1)
    for (let part = partOf(file, offset); part <= last; part++) if (this.parts.get(part) === undefined) return false
    return true
  }

  /** A read of what should be at hand took so long. One may be slow because others have the processor; several in a row are not. */
  judge(ms: number): void {
    this.slowness = ms > limits.warmReadMsMax ? this.slowness + fastPerSlow : Math.max(0, this.slowness - 1)
    if (this.slowness < limits.slowReadsMax * fastPerSlow) return
    this.slowness = 0
    this.parts.clear()
  }
}

export function blobFile(id: number): number {
  return id
}

export function segment(number: number): number {
  return -1 - number
}

/** The kernel reads ahead, so that among reads from the disk only some are slow. */
const fastPerSlow = 8

/** A gibibyte in blocks of 256 KiB, and what stands behind it. */
const partsPerFile = 8192

function partOf(file: number, offset: number): number {
  return file * partsPerFile + Math.floor(offset / limits.blobCheckBytes)
}

/** What the machine has, or a container allows: 0, and more than there is, both say that it allows everything. */
function usableBytes(): number {
  const allowed = process.constrainedMemory()
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
}
