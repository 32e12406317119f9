import { crc32 } from 'node:zlib'
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import t from 'tap'
import { CrcCombination } from '../../lib/s3/crc-combine'
import { WasmSum } from '../../lib/s3/wasm-sum'

function word(value: number): Buffer {
  const digest = Buffer.alloc(4)
  digest.writeUInt32BE(value)
  return digest
}

const direct = {
  CRC32: (bytes: Buffer) => word(crc32(bytes)),
  CRC32C: (bytes: Buffer) => word(crc32c(bytes)),
  CRC64NVME: (bytes: Buffer) => {
    const crc = new WasmSum('CRC64NVME')
    crc.push(bytes)
    return crc.digest()
  },
}

t.before(() => WasmSum.loading('CRC64NVME'))

for (const name of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
  t.test(`${name} of pieces is that of the whole`, (t) => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (pieces) => {
      const crc = new CrcCombination(name)
      for (const piece of pieces) crc.push(direct[name](Buffer.from(piece)), piece.length)
      return crc.digest().equals(direct[name](Buffer.concat(pieces)))
    }), { seed: 55, numRuns: 300 })
    t.end()
  })

  t.test(`${name} of zeros beyond 32 bits of length`, (t) => {
    // Lengths that no test can hash: 2^33 bytes of zeros, once in one piece and once in 2^13 of 2^20.
    const zeros = Buffer.alloc(2 ** 20)
    const double = (digest: Buffer, length: number): Buffer => {
      const crc = new CrcCombination(name)
      crc.push(digest, length)
      crc.push(digest, length)
      return crc.digest()
    }
    let whole = direct[name](zeros)
    for (let length = zeros.length; length < 2 ** 33; length *= 2) whole = double(whole, length)
    const pieces = new CrcCombination(name)
    for (let i = 0; i < 2 ** 13; i++) pieces.push(direct[name](zeros.subarray(0, 0)), 0)
    const piece = direct[name](zeros)
    for (let i = 0; i < 2 ** 13; i++) pieces.push(piece, zeros.length)
    t.equal(pieces.digest().toString('hex'), whole.toString('hex'))
    const lengths = new CrcCombination(name)
    lengths.push(whole, 2 ** 33)
    lengths.push(direct[name](Buffer.from('tail')), 4)
    const tail = new CrcCombination(name)
    for (let i = 0; i < 2 ** 13; i++) tail.push(piece, zeros.length)
    tail.push(direct[name](Buffer.from('tail')), 4)
    t.equal(lengths.digest().toString('hex'), tail.digest().toString('hex'))
    t.end()
  })
}
