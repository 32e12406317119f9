import { crc32 } from '@node-rs/crc32'
import { deferred, type Deferred } from '../../kit/deferred'
import { limits } from '../limits'
import type { BlobDirectories } from './blob-directories'
import { trailerChecksum } from './blob-trailer'
import { isFull, openFailure, StoreFull, StorePoisoned } from './failure'
import type { Files } from './files'
import type { Layout } from './layout'
import type { BlobFile, BlobFileWriter } from './store'
import type { WriteBuffers } from './write-buffers'

/** What a blob file tells its store. */
interface BlobFileOwner {
  readonly files: Files
  readonly layout: Layout
  readonly directories: BlobDirectories
  readonly buffers: WriteBuffers
  /** All bytes and the directory entry are synced. */
  finished(length: number, crc32: number): void
  /** The writer is discarded. Answers whether the file goes; it stays if a transaction has named it, or is about to. */
  release(): boolean
  /** A sync failed. */
  poison(cause: unknown): void
}

/**
 * Writes one blob file. Chunks gather to blocks of 1 MiB; one block is written at a time, while the next gathers, and each
 * 8 MiB is flushed, so the last flush is short. Where all writers together hold too much, a block is written in pieces. Invariants:
 * `written` bytes are in the file, `waiting` bytes are not and count as held, and one loop does all file calls. After the
 * first failure nothing more is written and every call reports it.
 */
export class BlobFileOut implements BlobFileWriter {
  private readonly id: number
  private readonly owner: BlobFileOwner
  private readonly sums: number[] = []
  private chunks: Buffer[] = []
  private waiting = 0
  private written = 0
  private unsynced = 0
  private sum = 0
  private fd: number | undefined
  private ending = false
  private flushing = false
  private discarded = false
  private failure: Error | undefined
  private completed = false
  private busy = false
  private working: Promise<void> | undefined
  private room: Deferred<void> | undefined

  constructor(id: number, owner: BlobFileOwner) {
    this.id = id
    this.owner = owner
  }

  write(chunk: Buffer): Promise<void> | undefined {
    if (this.failure !== undefined) return Promise.reject(this.failure)
    if (this.ending || this.discarded) return Promise.reject(new Error('the blob file is closed'))
    this.add(chunk)
    this.chunks.push(chunk)
    this.waiting += chunk.length
    this.owner.buffers.took(this, chunk.length)
    if (this.chunks.length >= limits.blobWriterChunksMax) this.flush()
    else if (this.waiting >= limits.blobBlockBytes) this.work()
    if (this.hasRoom()) return undefined
    // Its owner may have given up waiting by the time it fails.
    this.room ??= deferred()
    return this.room.promise
  }

  /** Writes what has gathered, although it is less than a block. */
  flush(): void {
    this.flushing = true
    this.work()
  }

  private hasRoom(): boolean {
    if (this.waiting === 0) return true
    return this.waiting <= limits.blobWriterBytesMax && this.chunks.length < limits.blobWriterChunksMax && !this.owner.buffers.full
  }

  /** So many bytes wait no longer. */
  private settle(bytes: number): void {
    this.waiting -= bytes
    this.owner.buffers.gave(bytes)
  }

  async finish(): Promise<BlobFile> {
    if (this.ending || this.discarded) throw new Error('the blob file is closed')
    this.ending = true
    while (!this.completed && !this.discarded && this.failure === undefined) {
      this.work()
      await this.working
    }
    if (this.failure !== undefined) throw this.failure
    if (this.discarded) throw new Error('the blob file was discarded')
    return { id: this.id, length: this.written }
  }

  async discard(): Promise<void> {
    if (this.discarded) return
    this.discarded = true
    this.drop()
    this.room?.resolve()
    this.room = undefined
    await this.working
    if (!this.owner.release()) return
    await this.closeFile()
    try {
      await this.owner.files.unlink(this.owner.layout.blob(this.id))
    } catch {
      // Never made, or removed when the store is opened next: no row names it.
    }
  }

  /** Lets go of what waits to be written. */
  private drop(): void {
    this.chunks = []
    this.settle(this.waiting)
    this.owner.buffers.leave(this)
  }

  private work(): void {
    if (this.busy) return
    this.busy = true
    this.working = this.loop()
  }

  /** Never rejects. `busy` falls in the same turn as the last look at what waits, so that no call for work is missed. */
  private async loop(): Promise<void> {
    try {
      this.fd ??= await this.open()
      while (!this.discarded && this.waiting >= (this.ending || this.flushing ? 1 : limits.blobBlockBytes)) await this.writeBlock(this.fd)
      this.flushing = false
      if (this.ending && !this.discarded) await this.complete(this.fd)
    } catch (error) {
      this.fail(error)
    } finally {
      this.busy = false
    }
  }

  private async open(): Promise<number> {
    const { files, layout, directories } = this.owner
    try {
      await directories.prepare(this.id)
      return await files.open(layout.blob(this.id), 'create')
    } catch (error) {
      throw openFailure(error)
    }
  }

  private async writeBlock(fd: number): Promise<void> {
    const block = this.takeBlock()
    const length = block.reduce((sum, chunk) => sum + chunk.length, 0)
    await this.owner.files.writev(fd, block, this.written)
    this.written += length
    // A discard in the meantime has dropped these bytes too.
    this.settle(Math.min(length, this.waiting))
    this.unsynced += length
    if (this.hasRoom()) {
      this.room?.resolve()
      this.room = undefined
    }
    if (this.unsynced >= limits.blobSyncBytes) await this.sync(fd)
  }

  /** To the checksums, as it comes: by the time it is written it has left the processor's cache. */
  private add(chunk: Buffer): void {
    let position = this.written + this.waiting
    for (let at = 0; at < chunk.length;) {
      const end = Math.min(chunk.length, at + limits.blobCheckBytes - position % limits.blobCheckBytes)
      this.sum = crc32(chunk.subarray(at, end), this.sum)
      position += end - at
      at = end
      if (position % limits.blobCheckBytes === 0) this.closeSum()
    }
  }

  private closeSum(): void {
    this.sums.push(this.sum)
    this.sum = 0
  }

  /** From the front of what waits, up to the end of the block that the file is in. */
  private takeBlock(): Buffer[] {
    const block: Buffer[] = []
    let space = limits.blobBlockBytes - this.written % limits.blobBlockBytes
    let count = 0
    for (const chunk of this.chunks) {
      if (space === 0) break
      if (chunk.length > space) {
        block.push(chunk.subarray(0, space))
        this.chunks[count] = chunk.subarray(space)
        break
      }
      block.push(chunk)
      space -= chunk.length
      count++
    }
    this.chunks.splice(0, count)
    return block
  }

  /** The trailer, then every sync that a row rests on, in this order; a row may name the file only behind the last of them. */
  private async complete(fd: number): Promise<void> {
    this.owner.buffers.leave(this)
    if (this.written % limits.blobCheckBytes > 0) this.closeSum()
    const trailer = Buffer.allocUnsafe(this.sums.length * 4)
    this.sums.forEach((sum, i) => trailer.writeUInt32BE(sum, i * 4))
    if (trailer.length > 0) await this.owner.files.writev(fd, [trailer], this.written)
    await this.sync(fd)
    await this.closeFile()
    try {
      await this.owner.directories.sync(this.id)
    } catch (error) {
      throw openFailure(error)
    }
    this.owner.finished(this.written, trailerChecksum(this.id, trailer))
    this.completed = true
  }

  /** A failed sync poisons: the kernel may have dropped the pages, and a second one would succeed without them. */
  private async sync(fd: number): Promise<void> {
    try {
      await this.owner.files.datasync(fd)
    } catch (error) {
      throw new StorePoisoned(error)
    }
    this.unsynced = 0
  }

  /** The first failure stands for all that follow. A full disk is told apart, for it passes; a failed sync is everybody's. */
  private fail(error: unknown): void {
    if (error instanceof StorePoisoned) this.owner.poison(error.cause)
    const failure = isFull(error) ? new StoreFull(error) : error instanceof Error ? error : new Error(String(error))
    this.failure = failure
    this.drop()
    this.room?.reject(failure)
    this.room = undefined
    void this.closeFile()
  }

  private async closeFile(): Promise<void> {
    const fd = this.fd
    this.fd = undefined
    if (fd === undefined) return
    try {
      await this.owner.files.close(fd)
    } catch {
      // All that counts was synced before; a file that failed is not named by anyone.
    }
  }
}
