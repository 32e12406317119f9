import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { checksumAlgorithms, type ChecksumAlgorithm } from '../../lib/s3/checksum'
import { Checksum } from '../../lib/stream/checksum'
import { Crc64Nvme } from '../../lib/stream/crc64nvme'
import { Digest } from '../../lib/stream/digest'
import { cutAt } from '../support/body-source'

/** Check values of the published catalogues, over `123456789`; those of SHA are computed at once by another path. */
const nine = Buffer.from('123456789')
const known: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: createHash('sha1').update(nine).digest('hex'),
  SHA256: createHash('sha256').update(nine).digest('hex'),
}

t.before(() => Promise.all(checksumAlgorithms.map((algorithm) => Checksum.loading(algorithm))))

t.test('check values, whole and in every pair of pieces', (t) => {
  for (const algorithm of checksumAlgorithms) {
    const expected = Buffer.from(known[algorithm], 'hex')
    for (const length of [undefined, nine.length]) {
      for (let at = 0; at <= nine.length; at++) {
        const sum = new Checksum(algorithm, length)
        for (const piece of cutAt(nine, at)) sum.push(piece)
        t.same(sum.end(expected), expected, `${algorithm} at ${at}`)
      }
    }
    const message = `The ${algorithm} you specified did not match the calculated checksum.`
    t.throws(() => new Checksum(algorithm, 0).end(expected), { code: 'BadDigest', message })
  }
  t.end()
})

t.test('CRC64NVME: bodies take turns at the one instance', (t) => {
  const whole = (bytes: Buffer): string => {
    const sum = new Crc64Nvme()
    sum.push(bytes)
    return sum.digest().toString('hex')
  }
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), fc.uint8Array({ maxLength: 50 })), { maxLength: 40 }), (steps) => {
    const sums = Array.from({ length: 4 }, () => new Crc64Nvme())
    const bytes: Buffer[][] = [[], [], [], []]
    for (const [which, piece] of steps) {
      sums[which]?.push(Buffer.from(piece))
      bytes[which]?.push(Buffer.from(piece))
    }
    return sums.every((sum, which) => sum.digest().toString('hex') === whole(Buffer.concat(bytes[which] ?? [])))
  }), { numRuns: 200 })
  t.equal(whole(Buffer.alloc(0)), '0000000000000000')
  t.equal(whole(randomBytes(100_000)).length, 16, 'longer than the memory of the instance')
  t.equal(Checksum.loading('CRC64NVME'), undefined)
  t.end()
})

t.test('a digest of nothing', (t) => {
  for (const length of [undefined, 0]) t.same(new Digest('md5', length).digest(), createHash('md5').digest())
  t.end()
})
