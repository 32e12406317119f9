import t from 'tap'
import { Head } from '../../lib/kit/head'
import {
  algorithmNamed, announcedChecksum, checksumElements, checksumEntry, checksumHeaders, checksumMismatch, checksumsWanted,
  refuseUnknownChecksum, requestedAlgorithm, requestedType, storedChecksum,
} from '../../lib/s3/checksum'

const crc32 = 'y/Q5Jg=='
const put = (...fields: string[]) => new Head('PUT', '/b/k', fields)
const refusal = (message: string) => ({ code: 'InvalidRequest', message })

t.test('finds the one checksum that a head announces', (t) => {
  t.equal(announcedChecksum(put()), undefined)
  const inHeader = announcedChecksum(put('X-Amz-Checksum-CRC32', crc32, 'x-amz-checksum-type', 'FULL_OBJECT', 'x-amz-checksum-mode', 'ENABLED'))
  t.same(inHeader, { algorithm: 'CRC32', place: 'header', digest: Buffer.from('cbf43926', 'hex') })
  t.same(announcedChecksum(put('x-amz-trailer', 'X-Amz-Checksum-Crc64nvme', 'x-amz-sdk-checksum-algorithm', 'crc64nvme')),
    { algorithm: 'CRC64NVME', place: 'trailer' })
  t.equal(announcedChecksum(put('x-amz-trailer', 'x-amz-meta-hello')), undefined)
  t.equal(algorithmNamed('sha1'), 'SHA1')
  t.equal(algorithmNamed('SHA3'), undefined)
  t.end()
})

t.test('refuses what cannot be one checksum, in the words of AWS', (t) => {
  const two = 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.'
  const sha1 = '98O8HYCOBHMq32eZZczDTKeuNEE='
  t.throws(() => announcedChecksum(put('x-amz-checksum-crc32', crc32, 'x-amz-checksum-sha1', sha1)), refusal(two))
  t.throws(() => announcedChecksum(put('x-amz-checksum-crc32', crc32, 'x-amz-checksum-crc32', crc32)), refusal(two))
  t.throws(() => announcedChecksum(put('x-amz-trailer', 'x-amz-checksum-crc32, x-amz-checksum-sha1')), refusal(two))
  t.throws(() => announcedChecksum(put('x-amz-checksum-crc32', crc32, 'x-amz-trailer', 'x-amz-checksum-sha1')),
    refusal('Expecting a single x-amz-checksum- header'))
  for (const value of ['', 'abc', 'y/Q5Jg', 'y_Q5Jg==', sha1, ` ${crc32}`, 'y/Q5Jh==', `${crc32}-2`]) {
    t.throws(() => announcedChecksum(put('x-amz-checksum-crc32', value)), refusal('Value for x-amz-checksum-crc32 header is invalid.'))
  }
  t.throws(() => announcedChecksum(put('x-amz-checksum-crc32', crc32, 'x-amz-sdk-checksum-algorithm', 'SHA1')),
    refusal('Value for x-amz-sdk-checksum-algorithm header is invalid.'))
  t.throws(() => announcedChecksum(put('x-amz-sdk-checksum-algorithm', 'CRC32')), refusal(
    'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.'))
  t.match(checksumMismatch('CRC32C'), { code: 'BadDigest', message: 'The CRC32C you specified did not match the calculated checksum.' })
  t.end()
})

t.test('every algorithm, in header, trailer and announcement, and none but those of S3', (t) => {
  for (const [name, bytes] of [
    ['CRC32', 4], ['CRC32C', 4], ['CRC64NVME', 8], ['SHA1', 20], ['SHA256', 32], ['SHA512', 64], ['MD5', 16], ['XXHASH3', 8], ['XXHASH64', 8],
    ['XXHASH128', 16],
  ] as const) {
    const field = `x-amz-checksum-${name.toLowerCase()}`
    const digest = Buffer.alloc(bytes, 7)
    const said = ['x-amz-sdk-checksum-algorithm', name.toLowerCase()]
    t.same(announcedChecksum(put(field, digest.toString('base64'), ...said)), { algorithm: name, place: 'header', digest })
    t.same(announcedChecksum(put('x-amz-trailer', field, ...said)), { algorithm: name, place: 'trailer' })
    t.equal(requestedAlgorithm(put('x-amz-checksum-algorithm', name.toLowerCase())), name)
    for (const wrong of ['anything', '', Buffer.alloc(bytes - 1).toString('base64'), Buffer.alloc(bytes + 1).toString('base64')]) {
      t.throws(() => announcedChecksum(put(field, wrong)), refusal(`Value for ${field} header is invalid.`))
    }
    t.throws(() => announcedChecksum(put(...said)), { code: 'InvalidRequest', message: /no corresponding/ })
    t.throws(() => announcedChecksum(put(field, digest.toString('base64'), 'x-amz-checksum-crc32', crc32)), { code: 'InvalidRequest', message: /single/ })
    t.same(storedChecksum(Object.fromEntries([['d:md5', '00'.repeat(16)], checksumEntry(name, digest)])),
      { algorithm: name, value: digest.toString('base64'), type: 'FULL_OBJECT' })
    t.doesNotThrow(() => { refuseUnknownChecksum(put(field, 'x', 'x-amz-checksum-type', 'x', 'x-amz-checksum-mode', 'x', 'x-amz-checksum-algorithm', 'x')) })
  }
  t.equal(announcedChecksum(put('content-md5', 'x', 'x-amz-sdk-checksum-algorithm', 'MD5')), undefined, 'as the SDK for JavaScript sends it')
  t.throws(() => { refuseUnknownChecksum(put('x-amz-checksum-sha3', 'x')) },
    refusal('The algorithm type you specified in x-amz-checksum- header is invalid.'))
  t.end()
})

t.test('ignores the query form of a presigned URL', (t) => {
  const head = new Head('PUT', '/b/k?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32', [])
  t.equal(announcedChecksum(head), undefined)
  t.end()
})

t.test('knows which sums an upload in parts can have', (t) => {
  const type = (algorithm: string, type?: string) => {
    const head = put('x-amz-checksum-algorithm', algorithm, ...(type === undefined ? [] : ['x-amz-checksum-type', type]))
    return requestedType(head, requestedAlgorithm(head))
  }
  t.equal(type('crc32'), 'COMPOSITE')
  t.equal(type('CRC64NVME'), 'FULL_OBJECT')
  t.equal(type('CRC32C', 'full_object'), 'FULL_OBJECT')
  for (const name of ['SHA1', 'SHA256', 'SHA512', 'MD5', 'XXHASH3', 'XXHASH64', 'XXHASH128']) {
    t.equal(type(name), 'COMPOSITE')
    t.equal(type(name, 'COMPOSITE'), 'COMPOSITE')
    const message = `The FULL_OBJECT checksum type cannot be used with the ${name.toLowerCase()} checksum algorithm.`
    t.throws(() => type(name, 'FULL_OBJECT'), refusal(message))
  }
  t.throws(() => type('CRC64NVME', 'COMPOSITE'), refusal('The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.'))
  t.throws(() => type('CRC32', 'HALF'), refusal('Value for x-amz-checksum-type header is invalid.'))
  t.throws(() => requestedType(put('x-amz-checksum-type', 'COMPOSITE'), undefined),
    refusal('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.'))
  t.throws(() => type('MD4'), refusal(
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: ' +
    '[CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH3, XXHASH64, XXHASH128]'))
  t.equal(requestedAlgorithm(put()), undefined)
  t.end()
})

t.test('a checksum goes into an entry and comes out as headers and elements', (t) => {
  const digest = Buffer.from(crc32, 'base64')
  const whole = storedChecksum(Object.fromEntries([checksumEntry('CRC32', digest)]))
  t.same(checksumHeaders(whole), [['x-amz-checksum-crc32', crc32], ['x-amz-checksum-type', 'FULL_OBJECT']])
  const composite = storedChecksum(Object.fromEntries([checksumEntry('CRC32', digest, 3)]))
  t.same(checksumElements(composite), [['ChecksumCRC32', `${crc32}-3`], ['ChecksumType', 'COMPOSITE']])
  t.same(checksumHeaders(undefined), [])
  t.same(checksumElements(undefined), [])
  for (const value of ['', 'x', `${crc32}-`, `${crc32}-0`, `${crc32}-1\r\nx: y`, 'AAAA\r\n']) {
    t.equal(storedChecksum({ 'd:crc32': value }), undefined, JSON.stringify(value))
  }
  t.equal(storedChecksum(undefined), undefined)
  t.equal(checksumsWanted(new Head('GET', '/b/k', ['x-amz-checksum-mode', 'enabled'])), true)
  t.equal(checksumsWanted(new Head('GET', '/b/k', [])), false)
  t.end()
})
