import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { Head } from '../../lib/kit/head'
import { checksumAlgorithms } from '../../lib/s3/checksum'
import { announcedUploadChecksum, objectEntries, runningChecksum, uploadChecksum, uploadChecksumEntries } from '../../lib/s3/upload-checksum'
import { Checksum } from '../../lib/stream/checksum'

const head = (fields: Record<string, string> = {}) => new Head('POST', '/b/k?uploadId=u', Object.entries(fields).flat())
const texts = ['first part', 'second']
const crc = (text: string | Buffer) => {
  const digest = Buffer.alloc(4)
  digest.writeUInt32BE(crc32(text))
  return digest
}
const sha = (text: string | Buffer) => createHash('sha256').update(text).digest()
const parts = texts.map((text) => ({ size: text.length, checksums: { CRC32: crc(text), SHA256: sha(text) } }))
const whole = crc(texts.join('')).toString('base64')
const composite = `${crc(Buffer.concat(texts.map(crc))).toString('base64')}-2`

t.test('what the beginning of an upload announces', (t) => {
  t.same(uploadChecksumEntries(head()), {})
  const announced = (fields: Record<string, string>) => announcedUploadChecksum(uploadChecksumEntries(head(fields)))
  t.same(announced({ 'x-amz-checksum-algorithm': 'crc32' }), { algorithm: 'CRC32', type: 'COMPOSITE' })
  t.same(announced({ 'x-amz-checksum-algorithm': 'CRC64NVME' }), { algorithm: 'CRC64NVME', type: 'FULL_OBJECT' })
  t.same(announced({ 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' }), { algorithm: 'CRC32', type: 'FULL_OBJECT' })
  t.equal(announced({ 'x-amz-checksum-algorithm': 'XXHASH64' }), undefined)
  t.throws(() => announced({ 'x-amz-checksum-algorithm': 'SHA1', 'x-amz-checksum-type': 'FULL_OBJECT' }), { code: 'InvalidRequest' })
  t.throws(() => announced({ 'x-amz-checksum-algorithm': 'CRC9' }), { code: 'InvalidRequest' })
  t.same(objectEntries({ t: 'a/b', 'u:sum': 'CRC32', 'u:of': 'COMPOSITE', 'm:u': 'x' }), { t: 'a/b', 'm:u': 'x' })
  t.end()
})

t.test('as announced, else of what all parts have', (t) => {
  t.match(uploadChecksum(head(), { algorithm: 'CRC32', type: 'COMPOSITE' }, parts), { type: 'COMPOSITE', entry: ['d:crc32', composite] })
  t.match(uploadChecksum(head(), { algorithm: 'CRC32', type: 'FULL_OBJECT' }, parts), { type: 'FULL_OBJECT', entry: ['d:crc32', whole] })
  t.match(uploadChecksum(head(), { algorithm: 'SHA256', type: 'COMPOSITE' }, parts), {
    entry: ['d:sha256', `${sha(Buffer.concat(texts.map(sha))).toString('base64')}-2`], digests: texts.map(sha),
  })
  t.match(uploadChecksum(head(), undefined, parts), { algorithm: 'CRC32', type: 'FULL_OBJECT', entry: ['d:crc32', whole] })
  const onlySha = parts.map(({ size, checksums: { SHA256 } }) => ({ size, checksums: { SHA256 } }))
  t.match(uploadChecksum(head(), undefined, onlySha), { algorithm: 'SHA256', type: 'COMPOSITE' })
  t.equal(uploadChecksum(head(), { algorithm: 'CRC32', type: 'COMPOSITE' }, onlySha), undefined, 'what was announced and never sent')
  t.equal(uploadChecksum(head(), undefined, [...parts, { size: 1, checksums: {} }]), undefined)
  t.end()
})

t.test('the value that the request names is held to', (t) => {
  type Announced = { algorithm: 'CRC32', type: 'COMPOSITE' | 'FULL_OBJECT' }
  const named = (fields: Record<string, string>, announced?: Announced) => uploadChecksum(head(fields), announced, parts)
  t.match(named({ 'x-amz-checksum-crc32': whole, 'x-amz-checksum-type': 'FULL_OBJECT' }), { entry: ['d:crc32', whole] })
  t.match(named({ 'x-amz-checksum-crc32': whole }), { type: 'FULL_OBJECT' })
  t.match(named({ 'x-amz-checksum-crc32': composite, 'x-amz-checksum-type': 'COMPOSITE' }), { type: 'COMPOSITE' })
  t.match(named({ 'x-amz-checksum-crc32': composite.slice(0, -2) }, { algorithm: 'CRC32', type: 'COMPOSITE' }), { type: 'COMPOSITE' })
  t.throws(() => named({ 'x-amz-checksum-crc32': 'AAAAAA==' }), { code: 'BadDigest' })
  t.throws(() => named({ 'x-amz-checksum-crc32': `${whole}-2` }), { code: 'BadDigest' })
  t.throws(() => named({ 'x-amz-checksum-crc32': composite.replace(/2$/, '3') }, { algorithm: 'CRC32', type: 'COMPOSITE' }), { code: 'BadDigest' })
  t.throws(() => named({ 'x-amz-checksum-crc32': 'x' }), { code: 'InvalidRequest' })
  t.throws(() => named({ 'x-amz-checksum-crc32': whole, 'x-amz-checksum-sha1': 'x' }), { code: 'InvalidRequest' })
  t.throws(() => named({ 'x-amz-checksum-type': 'FULL_OBJECT' }, { algorithm: 'CRC32', type: 'COMPOSITE' }), { code: 'InvalidRequest' })
  t.throws(() => named({ 'x-amz-checksum-crc32c': 'AAAAAA==' }), { code: 'InvalidRequest' }, 'parts without it cannot show it')
  t.end()
})

t.test('sums that run along are those of a body', async (t) => {
  await Checksum.loading('CRC64NVME')
  const whole = Buffer.from(Array.from({ length: 100 }, (_, i) => i * 37 & 255))
  for (const algorithm of checksumAlgorithms) {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const running = runningChecksum(algorithm)
      running.update(whole.subarray(cut / 2, cut))
      running.update(whole.subarray(cut))
      const checksum = new Checksum(algorithm, undefined)
      checksum.push(whole.subarray(cut / 2))
      const digest = running.digest()
      t.same(checksum.end(digest), digest, `${algorithm}, cut at ${cut}`)
    }
  }
})
