import { limits } from '../limits'

/**
 * Buffers for blocks of blob files, which come back when a reader has no more use for them: a new one costs as much for its pages
 * as the bytes cost to copy, and is in no processor's cache. One that never comes back is garbage like any other.
 */
export class ReadBuffers {
  private readonly free: Buffer[] = []
  /** Memory that was handed out here and has not come back: what comes twice, or from elsewhere, is not taken. */
  private readonly out = new WeakSet<ArrayBufferLike>()

  /** A buffer with any content. */
  take(bytes: number): Buffer {
    if (bytes !== limits.blobCheckBytes) return Buffer.allocUnsafeSlow(bytes)
    const buffer = this.free.pop() ?? Buffer.allocUnsafeSlow(bytes)
    this.out.add(buffer.buffer)
    return buffer
  }

  /** Nobody may touch it any more. A part of one is not taken. */
  giveBack(buffer: Buffer): void {
    if (buffer.length !== limits.blobCheckBytes || !this.out.delete(buffer.buffer)) return
    if (this.free.length < limits.freeReadBuffersMax) this.free.push(buffer)
  }
}
