import { createHash } from 'node:crypto'
import t from 'tap'
import { checksumAlgorithms, type ChecksumAlgorithm } from '../../lib/s3/checksum'
import { Checksum } from '../../lib/stream/checksum'
import { Digest } from '../../lib/stream/digest'
import { cutAt } from '../support/body-source'

/** Check values of the published catalogues, over `123456789`; those of MD5 and SHA are computed at once by another path. */
const nine = Buffer.from('123456789')
const known: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: createHash('sha1').update(nine).digest('hex'),
  SHA256: createHash('sha256').update(nine).digest('hex'),
  SHA512: createHash('sha512').update(nine).digest('hex'),
  MD5: createHash('md5').update(nine).digest('hex'),
  XXHASH3: '72dcb18b67a17dff',
  XXHASH64: '8cb841db40e6ae83',
  XXHASH128: '33119477ede5dcd5e9716427681d5860',
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

t.test('a digest of nothing', (t) => {
  for (const length of [undefined, 0]) t.same(new Digest('md5', length).digest(), createHash('md5').digest())
  t.end()
})
