import { crc32 } from '@node-rs/crc32'
import { limits } from '../limits'

/**
 * What follows the bytes of a blob file: a CRC32 for each block of 256 KiB (the last may be shorter), big-endian. The CRC32
 * of this list, started from the blob's id, is in the blob's row, so a trailer can be neither torn nor another blob's. The block
 * is as long as a message of content, so that reading a file from end to end checks every byte once.
 */
export function trailerChecksum(id: number, trailer: Buffer): number {
  const head = Buffer.allocUnsafe(6)
  head.writeUIntBE(id, 0, 6)
  return crc32(trailer, crc32(head))
}

export function trailerBytes(length: number): number {
  return Math.ceil(length / limits.blobCheckBytes) * 4
}
