import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import { BlockSpan } from './block-span'
import { trailerBytes, trailerChecksum } from './blob-trailer'
import { StoreBusy, StoreDamaged } from './failure'
import type { Files } from './files'
import { frame } from './frame'
import type { Layout } from './layout'
import { OpenFiles } from './open-files'
import { ReadBuffers } from './read-buffers'
import type { BlobRow } from './rows'
import { blobFile, segment, type WarmPages } from './warm-pages'

/**
 * Reads bytes of blobs. Every byte that it hands out was checked in the same call, or belongs to a block that was checked when
 * it was cached: a small blob against its frame, a block of a blob file against its CRC in the trailer, the trailer against
 * the blob's row. What fails is a StoreDamaged, never other bytes; a StoreBusy says nothing of them. What is most likely in the
 * page cache is read on the spot: a thread would be woken for what it costs to copy the bytes, and would leave them in another
 * processor's cache.
 */
export class BlobReader {
  private readonly files: Files
  private readonly layout: Layout
  private readonly segmentBytes: number
  private readonly warm: WarmPages
  private readonly buffers = new ReadBuffers()
  private readonly open: OpenFiles
  private readonly trailers = new LRUCache<number, Buffer>({
    maxSize: limits.trailerCacheBytes,
    sizeCalculation: (trailer) => 64 + trailer.length,
  })
  private readonly blocks = new LRUCache<string, Buffer>({
    maxSize: limits.blockCacheBytes,
    sizeCalculation: (block) => block.length,
  })

  constructor(files: Files, layout: Layout, segmentBytes: number, warm: WarmPages) {
    this.files = files
    this.layout = layout
    this.segmentBytes = segmentBytes
    this.warm = warm
    this.open = new OpenFiles(files)
  }

  /** RangeError outside of the blob or beyond `readBytesMax`: such a range is a fault of the caller, not of the disk. */
  async read(row: BlobRow, offset: number, length: number): Promise<Buffer> {
    checkRange(row, offset, length)
    if (length === 0) return Buffer.alloc(0)
    if (row.place === 'file') return await this.readFile(row, offset, length)
    const { whole, position } = this.frameOf(row)
    const count = await this.guarded(row, this.layout.segment(row.segment), (fd) => this.files.read(fd, whole, position))
    this.warm.touch(segment(row.segment), position, whole.length)
    return this.checkedBlob(row, whole, count).subarray(offset, offset + length)
  }

  /** The same, at once, where it need not wait for the disk, as far as can be told, or for a descriptor; else undefined. */
  readNow(row: BlobRow, offset: number, length: number): Buffer | undefined {
    checkRange(row, offset, length)
    if (length === 0) return Buffer.alloc(0)
    try {
      return row.place === 'file' ? this.readFileNow(row, offset, length) : this.readSegmentNow(row, offset, length)
    } catch (error) {
      if (error instanceof StoreDamaged) throw error
      throw new StoreDamaged(`blob ${row.id} cannot be read`, error)
    }
  }

  /** What `read` or `readNow` answered, whole, when it is of no more use. */
  giveBack(bytes: Buffer): void {
    this.buffers.giveBack(bytes)
  }

  async close(): Promise<void> {
    await this.open.closeAll()
  }

  private readSegmentNow(row: BlobRow, offset: number, length: number): Buffer | undefined {
    const short = row.length <= limits.readNowBytesMax
    if (!short && !this.isWarm(segment(row.segment), row.offset - frame.blobHeadBytes, row.length + frame.blobHeadBytes)) return undefined
    const fd = this.open.useNow(this.layout.segment(row.segment))
    if (fd === undefined) return undefined
    const { whole, position } = this.frameOf(row)
    const count = short ? this.files.readNow(fd, whole, position) : this.readWarm(fd, whole, position)
    return this.checkedBlob(row, whole, count).subarray(offset, offset + length)
  }

  private frameOf(row: BlobRow): { readonly whole: Buffer, readonly position: number } {
    return { whole: newBuffer(frame.blobHeadBytes + row.length), position: row.offset - frame.blobHeadBytes }
  }

  private checkedBlob(row: BlobRow, whole: Buffer, count: number): Buffer {
    const lsn = row.segment * this.segmentBytes + row.offset - frame.blobHeadBytes
    if (count !== whole.length || !frame.isBlob(whole, lsn, row.id, row.crc32)) {
      throw new StoreDamaged(`blob ${row.id} in segment ${row.segment} is not what was written`)
    }
    return whole.subarray(frame.blobHeadBytes)
  }

  /** Whole checked blocks are read, and the range is cut out of them; a single block is kept for the next small read of it. */
  private async readFile(row: BlobRow, offset: number, length: number): Promise<Buffer> {
    const span = new BlockSpan(row, offset, length)
    const cached = this.cached(row, span)
    if (cached !== undefined) return span.copy(cached)
    const bytes = this.buffers.take(span.end - span.start)
    const trailer = await this.guarded(row, this.layout.blob(row.id), async (fd) => {
      span.require(bytes, await this.files.read(fd, bytes, span.start))
      return this.trailers.get(row.id) ?? this.keptTrailer(row, ...await this.readTrailer(row, fd))
    })
    this.warm.touch(blobFile(row.id), span.start, bytes.length)
    return this.cut(row, span, span.checked(bytes, trailer))
  }

  private readFileNow(row: BlobRow, offset: number, length: number): Buffer | undefined {
    const span = new BlockSpan(row, offset, length)
    const cached = this.cached(row, span)
    if (cached !== undefined) return span.copy(cached)
    if (!this.isWarm(blobFile(row.id), span.start, span.end - span.start)) return undefined
    let trailer = this.trailers.get(row.id)
    if (trailer === undefined && !this.isWarm(blobFile(row.id), row.length, trailerBytes(row.length))) return undefined
    const fd = this.open.useNow(this.layout.blob(row.id))
    if (fd === undefined) return undefined
    const bytes = this.buffers.take(span.end - span.start)
    span.require(bytes, this.readWarm(fd, bytes, span.start))
    if (trailer === undefined) {
      const read = Buffer.allocUnsafeSlow(trailerBytes(row.length))
      trailer = this.keptTrailer(row, read, this.readWarm(fd, read, row.length))
    }
    return this.cut(row, span, span.checked(bytes, trailer))
  }

  private cached(row: BlobRow, span: BlockSpan): Buffer | undefined {
    return span.single ? this.blocks.get(`${row.id}.${span.first}`) : undefined
  }

  private cut(row: BlobRow, span: BlockSpan, bytes: Buffer): Buffer {
    if (bytes.length === span.length) return bytes
    if (!span.single) return span.part(bytes)
    // The caller owns what it is given, so the cached block is never the buffer that leaves.
    this.blocks.set(`${row.id}.${span.first}`, bytes)
    return span.copy(bytes)
  }

  private async readTrailer(row: BlobRow, fd: number): Promise<[trailer: Buffer, count: number]> {
    const trailer = Buffer.allocUnsafeSlow(trailerBytes(row.length))
    const count = await this.files.read(fd, trailer, row.length)
    this.warm.touch(blobFile(row.id), row.length, trailer.length)
    return [trailer, count]
  }

  /** Checked against its row; later blocks of the same file are checked against it. */
  private keptTrailer(row: BlobRow, trailer: Buffer, count: number): Buffer {
    if (count !== trailer.length || trailerChecksum(row.id, trailer) !== row.crc32) {
      throw new StoreDamaged(`the checksums of blob file ${row.id} are not what was written`)
    }
    this.trailers.set(row.id, trailer)
    return trailer
  }

  private isWarm(file: number, offset: number, length: number): boolean {
    return length <= limits.readWarmBytesMax && this.warm.holds(file, offset, length)
  }

  private readWarm(fd: number, into: Buffer, position: number): number {
    const began = performance.now()
    const count = this.files.readNow(fd, into, position)
    this.warm.judge(performance.now() - began)
    return count
  }

  /** A file that is missing, or a disk that fails to read, is damage as much as other bytes are. */
  private async guarded<Result>(row: BlobRow, path: string, work: (fd: number) => Promise<Result>): Promise<Result> {
    try {
      return await this.open.use(path, work)
    } catch (error) {
      if (error instanceof StoreDamaged || error instanceof StoreBusy) throw error
      throw new StoreDamaged(`blob ${row.id} cannot be read`, error)
    }
  }
}

/** A short one shares memory with others, which is cheaper to get. */
function newBuffer(bytes: number): Buffer {
  return bytes <= limits.readNowBytesMax ? Buffer.allocUnsafe(bytes) : Buffer.allocUnsafeSlow(bytes)
}

function checkRange(row: BlobRow, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= row.length && length <= limits.readBytesMax)) {
    throw new RangeError(`bytes ${offset}+${length} of blob ${row.id}, which has ${row.length}`)
  }
}
