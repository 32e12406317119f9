import { crc32 } from '@node-rs/crc32'
import { limits } from '../limits'
import { StoreDamaged } from './failure'
import type { BlobRow } from './rows'

const size = limits.blobCheckBytes

/** A range of a blob file and the whole blocks around it, in bytes [start, end); a block is what one CRC of the trailer is for. */
export class BlockSpan {
  private readonly row: BlobRow
  private readonly offset: number
  readonly length: number
  /** Index of the first block. */
  readonly first: number
  readonly start: number
  readonly end: number

  constructor(row: BlobRow, offset: number, length: number) {
    this.row = row
    this.offset = offset
    this.length = length
    this.first = Math.floor(offset / size)
    this.start = this.first * size
    this.end = Math.min(row.length, Math.ceil((offset + length) / size) * size)
  }

  get single(): boolean {
    return this.end - this.start <= size
  }

  require(bytes: Buffer, count: number): void {
    if (count !== bytes.length) throw new StoreDamaged(`blob file ${this.row.id} is too short`)
  }

  /** The blocks' bytes, if all are what was written. */
  checked(bytes: Buffer, trailer: Buffer): Buffer {
    for (let block = this.first; block * size < this.end; block++) {
      const part = bytes.subarray(block * size - this.start, Math.min(this.end, (block + 1) * size) - this.start)
      if (crc32(part) !== trailer.readUInt32BE(block * 4)) {
        throw new StoreDamaged(`block ${block} of blob file ${this.row.id} fails its checksum`)
      }
    }
    return bytes
  }

  /** The range, cut out of the blocks' bytes: a view of them. */
  part(bytes: Buffer): Buffer {
    return bytes.subarray(this.offset - this.start, this.offset - this.start + this.length)
  }

  copy(bytes: Buffer): Buffer {
    return Buffer.from(this.part(bytes))
  }
}
