import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { Head } from '../../lib/kit/head'
import { checksumAlgorithms } from '../../lib/s3/checksum'
import {
  announcedUploadChecksum, missingAlgorithm, objectEntries, runningChecksum, uploadChecksum, uploadChecksumEntries,
} from '../../lib/s3/upload-checksum'
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
  t.same(announced({ 'x-amz-checksum-algorithm': 'XXHASH64' }), { algorithm: 'XXHASH64', type: 'COMPOSITE' })
  t.throws(() => announced({ 'x-amz-checksum-type': 'COMPOSITE' }), { code: 'InvalidRequest' })
  t.throws(() => announced({ 'x-amz-checksum-algorithm': 'SHA1', 'x-amz-checksum-type': 'FULL_OBJECT' }), { code: 'InvalidRequest' })
  t.throws(() => announced({ 'x-amz-checksum-algorithm': 'CRC9' }), { code: 'InvalidRequest' })
  t.same(objectEntries({ t: 'a/b', 'u:sum': 'CRC32', 'u:of': 'COMPOSITE', 'm:u': 'x' }), { t: 'a/b', 'm:u': 'x' })
  t.end()
})

t.test('a part keeps to what its upload announced', (t) => {
  const announced = { algorithm: 'CRC32', type: 'COMPOSITE' } as const
  const brought = { 'x-amz-checksum-crc32': crc('x').toString('base64') }
  for (const fields of [{}, brought, { 'x-amz-trailer': 'x-amz-checksum-crc32' }]) t.equal(missingAlgorithm(head(fields), undefined), undefined)
  for (const fields of [brought, { 'x-amz-trailer': 'x-amz-checksum-crc32' }]) t.equal(missingAlgorithm(head(fields), announced), undefined)
  t.equal(missingAlgorithm(head(), announced), 'CRC32')
  const message = 'Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: xxhash128'
  t.throws(() => missingAlgorithm(head({ 'x-amz-trailer': 'x-amz-checksum-xxhash128' }), announced), { code: 'InvalidRequest', status: 400, message })
  t.end()
})

t.test('as announced, else of what all parts have', async (t) => {
  t.match(await uploadChecksum(head(), { algorithm: 'CRC32', type: 'COMPOSITE' }, parts), { type: 'COMPOSITE', entry: ['d:crc32', composite] })
  t.match(await uploadChecksum(head(), { algorithm: 'CRC32', type: 'FULL_OBJECT' }, parts), { type: 'FULL_OBJECT', entry: ['d:crc32', whole] })
  t.match(await uploadChecksum(head(), { algorithm: 'SHA256', type: 'COMPOSITE' }, parts), {
    entry: ['d:sha256', `${sha(Buffer.concat(texts.map(sha))).toString('base64')}-2`], digests: texts.map(sha),
  })
  t.match(await uploadChecksum(head(), undefined, parts), { algorithm: 'CRC32', type: 'FULL_OBJECT', entry: ['d:crc32', whole] })
  const onlySha = parts.map(({ size, checksums: { SHA256 } }) => ({ size, checksums: { SHA256 } }))
  t.match(await uploadChecksum(head(), undefined, onlySha), { algorithm: 'SHA256', type: 'COMPOSITE' })
  t.equal(await uploadChecksum(head(), { algorithm: 'CRC32', type: 'COMPOSITE' }, onlySha), undefined, 'what was announced and never sent')
  t.equal(await uploadChecksum(head(), undefined, [...parts, { size: 1, checksums: {} }]), undefined)
})

t.test('the value that the request names is held to', async (t) => {
  type Announced = { algorithm: 'CRC32', type: 'COMPOSITE' | 'FULL_OBJECT' }
  const named = (fields: Record<string, string>, announced?: Announced) => uploadChecksum(head(fields), announced, parts)
  t.match(await named({ 'x-amz-checksum-crc32': whole, 'x-amz-checksum-type': 'FULL_OBJECT' }), { entry: ['d:crc32', whole] })
  t.match(await named({ 'x-amz-checksum-crc32': whole }), { type: 'FULL_OBJECT' })
  t.match(await named({ 'x-amz-checksum-crc32': composite, 'x-amz-checksum-type': 'COMPOSITE' }), { type: 'COMPOSITE' })
  t.match(await named({ 'x-amz-checksum-crc32': composite.slice(0, -2) }, { algorithm: 'CRC32', type: 'COMPOSITE' }), { type: 'COMPOSITE' })
  await t.rejects(named({ 'x-amz-checksum-crc32': 'AAAAAA==' }), { code: 'BadDigest' })
  await t.rejects(named({ 'x-amz-checksum-crc32': `${whole}-2` }), { code: 'BadDigest' })
  await t.rejects(named({ 'x-amz-checksum-crc32': composite.replace(/2$/, '3') }, { algorithm: 'CRC32', type: 'COMPOSITE' }), { code: 'BadDigest' })
  await t.rejects(named({ 'x-amz-checksum-crc32': 'x' }), { code: 'InvalidRequest' })
  await t.rejects(named({ 'x-amz-checksum-crc32': whole, 'x-amz-checksum-sha1': 'x' }), { code: 'InvalidRequest' })
  await t.rejects(named({ 'x-amz-checksum-type': 'FULL_OBJECT' }, { algorithm: 'CRC32', type: 'COMPOSITE' }), { code: 'InvalidRequest' })
  await t.rejects(named({ 'x-amz-checksum-sha3': whole }), { code: 'InvalidRequest' }, 'an algorithm that is not known is not passed over')
  await t.rejects(named({ 'x-amz-checksum-sha512': Buffer.alloc(64).toString('base64') }), { code: 'InvalidRequest' })
  await t.rejects(named({ 'x-amz-checksum-crc32c': 'AAAAAA==' }), { code: 'InvalidRequest' }, 'parts without it cannot show it')
})

t.test('sums that run along are those of a body', async (t) => {
  const whole = Buffer.from(Array.from({ length: 100 }, (_, i) => i * 37 & 255))
  for (const algorithm of checksumAlgorithms) {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const running = await runningChecksum(algorithm)
      running.push(whole.subarray(cut / 2, cut))
      running.push(whole.subarray(cut))
      const checksum = new Checksum(algorithm, undefined)
      checksum.push(whole.subarray(cut / 2))
      const digest = running.digest()
      t.same(checksum.end(digest), digest, `${algorithm}, cut at ${cut}`)
    }
  }
})

t.test('the sum of parts that cannot be had from theirs is the digest of their digests', async (t) => {
  for (const algorithm of ['SHA1', 'SHA256', 'SHA512', 'MD5', 'XXHASH3', 'XXHASH64', 'XXHASH128'] as const) {
    const sumOf = async (bytes: Buffer) => {
      const running = await runningChecksum(algorithm)
      running.push(bytes)
      return running.digest()
    }
    const digests = [await sumOf(Buffer.from('a')), await sumOf(Buffer.from('b'))]
    const parts = digests.map((digest) => ({ size: 1, checksums: { [algorithm]: digest } }))
    const value = `${(await sumOf(Buffer.concat(digests))).toString('base64')}-2`
    const field = `x-amz-checksum-${algorithm.toLowerCase()}`
    for (const fields of [{}, { [field]: value }, { [field]: value.slice(0, -2) }]) {
      t.match(await uploadChecksum(head(fields), undefined, parts), { algorithm, type: 'COMPOSITE', digests, entry: [/^d:/, value] })
    }
    await t.rejects(uploadChecksum(head({ [field]: digests[0]?.toString('base64') ?? '' }), undefined, parts), { code: 'BadDigest' })
    await t.rejects(uploadChecksum(head({ [field]: 'AAAA' }), undefined, parts), { code: 'InvalidRequest' })
  }
})
