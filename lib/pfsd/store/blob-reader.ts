import { crc32 } from '@node-rs/crc32'
import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import { trailerBytes, trailerChecksum } from './blob-trailer'
import { StoreDamaged } from './failure'
import type { Files } from './files'
import { frame } from './frame'
import type { Layout } from './layout'
import { OpenFiles } from './open-files'
import type { BlobRow } from './rows'

/**
 * Reads bytes of blobs. Every byte that it hands out was checked in the same call, or belongs to a block that was checked when
 * it was cached: a small blob against its frame, a block of a blob file against its CRC in the trailer, the trailer against
 * the blob's row. What fails is a StoreDamaged, never other bytes.
 */
export class BlobReader {
  private readonly files: Files
  private readonly layout: Layout
  private readonly segmentBytes: number
  private readonly open: OpenFiles
  private readonly trailers = new LRUCache<number, Buffer>({ max: limits.openFilesMax })
  private readonly blocks = new LRUCache<string, Buffer>({
    maxSize: limits.blockCacheBytes,
    sizeCalculation: (block) => block.length,
  })

  constructor(files: Files, layout: Layout, segmentBytes: number) {
    this.files = files
    this.layout = layout
    this.segmentBytes = segmentBytes
    this.open = new OpenFiles(files)
  }

  /** RangeError outside of the blob or beyond `readBytesMax`: such a range is a fault of the caller, not of the disk. */
  async read(row: BlobRow, offset: number, length: number): Promise<Buffer> {
    checkRange(row, offset, length)
    if (length === 0) return Buffer.alloc(0)
    if (row.place === 'file') return await this.readFile(row, offset, length)
    const whole = Buffer.allocUnsafeSlow(frame.blobHeadBytes + row.length)
    const position = row.offset - frame.blobHeadBytes
    const count = await this.guarded(row, this.layout.segment(row.segment), (fd) => this.files.read(fd, whole, position))
    return this.checkedBlob(row, whole, count).subarray(offset, offset + length)
  }

  /** A small blob in a segment, at once; undefined for any other. */
  readNow(row: BlobRow, offset: number, length: number): Buffer | undefined {
    if (row.place === 'file' || row.length > limits.readNowBytesMax) return undefined
    checkRange(row, offset, length)
    const whole = Buffer.allocUnsafe(frame.blobHeadBytes + row.length)
    let count
    try {
      count = this.files.readNow(this.open.useNow(this.layout.segment(row.segment)), whole, row.offset - frame.blobHeadBytes)
    } catch (error) {
      throw new StoreDamaged(`blob ${row.id} cannot be read`, error)
    }
    return this.checkedBlob(row, whole, count).subarray(offset, offset + length)
  }

  async close(): Promise<void> {
    await this.open.closeAll()
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
    const size = limits.blobCheckBytes
    const first = Math.floor(offset / size)
    const end = Math.min(row.length, Math.ceil((offset + length) / size) * size)
    const start = first * size
    const single = end - start <= size
    const cached = single ? this.blocks.get(`${row.id}.${first}`) : undefined
    if (cached !== undefined) return Buffer.from(cached.subarray(offset - start, offset - start + length))
    const bytes = Buffer.allocUnsafeSlow(end - start)
    const trailer = await this.guarded(row, this.layout.blob(row.id), async (fd) => {
      const count = await this.files.read(fd, bytes, start)
      if (count !== bytes.length) throw new StoreDamaged(`blob file ${row.id} is too short`)
      return await this.trailer(row, fd)
    })
    for (let block = first; block * size < end; block++) {
      const part = bytes.subarray(block * size - start, Math.min(end, (block + 1) * size) - start)
      if (crc32(part) === trailer.readUInt32BE(block * 4)) continue
      throw new StoreDamaged(`block ${block} of blob file ${row.id} fails its checksum`)
    }
    if (bytes.length === length) return bytes
    if (!single) return bytes.subarray(offset - start, offset - start + length)
    // The caller owns what it is given, so the cached block is never the buffer that leaves.
    this.blocks.set(`${row.id}.${first}`, bytes)
    return Buffer.from(bytes.subarray(offset - start, offset - start + length))
  }

  /** Read once a file, and checked against its row; later blocks of the same file are checked against it. */
  private async trailer(row: BlobRow, fd: number): Promise<Buffer> {
    const known = this.trailers.get(row.id)
    if (known !== undefined) return known
    const trailer = Buffer.allocUnsafeSlow(trailerBytes(row.length))
    const count = await this.files.read(fd, trailer, row.length)
    if (count !== trailer.length || trailerChecksum(row.id, trailer) !== row.crc32) {
      throw new StoreDamaged(`the checksums of blob file ${row.id} are not what was written`)
    }
    this.trailers.set(row.id, trailer)
    return trailer
  }

  /** A file that is missing, or a disk that fails to read, is damage as much as other bytes are. */
  private async guarded<Result>(row: BlobRow, path: string, work: (fd: number) => Promise<Result>): Promise<Result> {
    try {
      return await this.open.use(path, work)
    } catch (error) {
      if (error instanceof StoreDamaged) throw error
      throw new StoreDamaged(`blob ${row.id} cannot be read`, error)
    }
  }
}

function checkRange(row: BlobRow, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= row.length && length <= limits.readBytesMax)) {
    throw new RangeError(`bytes ${offset}+${length} of blob ${row.id}, which has ${row.length}`)
  }
}
