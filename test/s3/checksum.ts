import t from 'tap'
import { Head } from '../../lib/kit/head'
import {
  algorithmNamed, announcedChecksum, checksumElements, checksumEntry, checksumHeaders, checksumMismatch, checksumsWanted,
  requestedAlgorithm, requestedType, storedChecksum
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

t.test('takes and ignores the later algorithms, in header, trailer and announcement', (t) => {
  for (const name of ['MD5', 'SHA512', 'XXHASH3', 'XXHASH64', 'XXHASH128']) {
    const field = `x-amz-checksum-${name.toLowerCase()}`
    t.equal(announcedChecksum(put(field, 'anything', 'x-amz-sdk-checksum-algorithm', name)), undefined)
    t.equal(announcedChecksum(put('x-amz-trailer', field, 'x-amz-sdk-checksum-algorithm', name.toLowerCase())), undefined)
    t.equal(requestedAlgorithm(put('x-amz-checksum-algorithm', name)), undefined)
    t.equal(requestedType(put('x-amz-checksum-algorithm', name, 'x-amz-checksum-type', 'COMPOSITE'), undefined), undefined)
  }
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
  t.equal(type('SHA256', 'COMPOSITE'), 'COMPOSITE')
  t.throws(() => type('SHA256', 'FULL_OBJECT'), refusal('The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.'))
  t.throws(() => type('CRC64NVME', 'COMPOSITE'), refusal('The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.'))
  t.throws(() => type('CRC32', 'HALF'), refusal('Value for x-amz-checksum-type header is invalid.'))
  t.throws(() => requestedType(put('x-amz-checksum-type', 'COMPOSITE'), undefined),
    refusal('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.'))
  t.throws(() => type('MD4'), refusal(
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]'))
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
