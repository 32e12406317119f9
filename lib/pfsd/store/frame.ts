import { crc32 } from '@node-rs/crc32'

/**
 * A frame of the journal: `length u32 | crc32 u32 | lsn u48 | type u8 | flags u8 | body`, big-endian. The checksum covers all
 * behind itself, and the lsn is the frame's own position in the whole journal, so a stale frame in another place never passes.
 * A blob's body is its id (u48) and its bytes; `length` is that of the body.
 */
export const frame = {
  headBytes: 16,
  /** What stands before a blob's bytes: the frame's head and the blob's id. */
  blobHeadBytes: 22,
  blobType: 1,

  /** The head of a blob's frame; the bytes follow it as they are. */
  blobHead(lsn: number, id: number, bytes: Buffer): { readonly head: Buffer, readonly crc32: number } {
    const head = Buffer.allocUnsafe(frame.blobHeadBytes)
    head.writeUInt32BE(bytes.length + 6, 0)
    head.writeUIntBE(lsn, 8, 6)
    head.writeUInt8(frame.blobType, 14)
    head.writeUInt8(0, 15)
    head.writeUIntBE(id, 16, 6)
    const sum = crc32(bytes, crc32(head.subarray(8)))
    head.writeUInt32BE(sum, 4)
    return { head, crc32: sum }
  },

  /** Whether `whole` is the frame of this blob, unharmed. */
  isBlob(whole: Buffer, lsn: number, id: number, sum: number): boolean {
    return whole.length >= frame.blobHeadBytes && whole.readUInt32BE(0) === whole.length - frame.headBytes &&
      whole.readUIntBE(8, 6) === lsn && whole.readUInt8(14) === frame.blobType && whole.readUIntBE(16, 6) === id &&
      whole.readUInt32BE(4) === sum && crc32(whole.subarray(8)) === sum
  },
} as const
