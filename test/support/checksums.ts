import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** As their header fields end. */
export const checksumNames = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256', 'sha512', 'md5'] as const

/** The value of S3's `x-amz-checksum-…`, computed apart from lib/stream so that the two can disagree. */
export function checksumOf(name: typeof checksumNames[number], bytes: Buffer): string {
  const digest = Buffer.alloc(8)
  switch (name) {
    case 'crc32':
      digest.writeUInt32BE(crc32(bytes))
      return digest.subarray(0, 4).toString('base64')
    case 'crc32c':
      digest.writeUInt32BE(Number(reflected(bytes, 32n, 0x82f63b78n)))
      return digest.subarray(0, 4).toString('base64')
    case 'crc64nvme':
      digest.writeBigUInt64BE(reflected(bytes, 64n, 0x9a6c9329ac4bc9b5n))
      return digest.toString('base64')
    default: return createHash(name).update(bytes).digest('base64')
  }
}

/** A CRC whose register starts and ends inverted, by the definition: one table look-up a byte, and no word tricks. */
function reflected(bytes: Buffer, width: bigint, polynomial: bigint): bigint {
  const table = Array.from({ length: 256 }, (_, index) => {
    let value = BigInt(index)
    for (let bit = 0; bit < 8; bit++) value = (value & 1n) === 1n ? (value >> 1n) ^ polynomial : value >> 1n
    return value
  })
  const ones = (1n << width) - 1n
  let register = ones
  for (const byte of bytes) register = (register >> 8n) ^ (table[Number(register & 0xffn) ^ byte] ?? 0n)
  return register ^ ones
}
