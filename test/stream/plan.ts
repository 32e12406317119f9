import { createHash } from 'node:crypto'
import t from 'tap'
import type { PayloadProof } from '../../lib/auth/grant'
import { Head } from '../../lib/kit/head'
import { limits } from '../../lib/limits'
import { planBody, type BodyKind } from '../../lib/stream/plan'
import { testSeed } from '../support/aws-chunked'

const stream: BodyKind = { kind: 'stream' }
const xml: BodyKind = { kind: 'xml', bytesMax: 1000 }
const none: BodyKind = { kind: 'none' }
const unsigned: PayloadProof = { kind: 'unsigned' }
const chunks: PayloadProof = { kind: 'chunks', chain: testSeed, trailer: false }
const chunksTrailer: PayloadProof = { kind: 'chunks', chain: testSeed, trailer: true }

const put = (fields: Readonly<Record<string, string>>): Head => new Head('PUT', '/b/k', Object.entries(fields).flat())
const sha256 = 'x-amz-content-sha256'
const unsignedTrailer = { [sha256]: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'content-length': '100' }
const hex = createHash('sha256').update('hello').digest('hex')
const refused = (message: string) => ({ code: 'InvalidRequest', status: 400, message })

t.test('a plain body owes its length and, as an object, an MD5', (t) => {
  t.same(planBody(put({ 'content-length': '5' }), unsigned, stream), {
    framing: { kind: 'plain' }, length: 5, lengthMax: limits.uploadBytesMax, excess: 'EntityTooLarge',
    sha256: undefined, md5: { expected: undefined }, checksum: undefined,
  })
  const chunked = planBody(put({ 'transfer-encoding': 'chunked' }), unsigned, stream)
  t.equal(chunked.length, undefined)
  t.same(planBody(put({ 'content-length': '5', 'content-encoding': 'aws-chunked' }), unsigned, stream).framing, { kind: 'plain' })
  t.end()
})

t.test('a payload hash binds, signed or not, in either case of hex', (t) => {
  const fields = { 'content-length': '5', [sha256]: hex.toUpperCase() }
  t.equal(planBody(put(fields), unsigned, stream).sha256, hex)
  t.equal(planBody(put(fields), { kind: 'sha256', hex }, xml).sha256, hex)
  t.equal(planBody(put({ 'content-length': '5', [sha256]: 'UNSIGNED-PAYLOAD' }), unsigned, stream).sha256, undefined)
  t.end()
})

t.test('the aws-chunked forms', (t) => {
  const decoded = { 'x-amz-decoded-content-length': '66' }
  const plan = planBody(put({ ...unsignedTrailer, ...decoded, 'x-amz-trailer': 'x-amz-checksum-crc32' }), { kind: 'unsigned-trailer' }, stream)
  t.same(plan.framing, { kind: 'aws-chunked', chain: undefined, trailer: true, trailerName: 'x-amz-checksum-crc32' })
  t.same(plan.checksum, { algorithm: 'CRC32', place: 'trailer' })
  t.equal(plan.length, 66)
  t.equal(plan.sha256, undefined)

  const signed = { [sha256]: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'content-length': '100' }
  t.same(planBody(put(signed), chunks, stream).framing, { kind: 'aws-chunked', chain: testSeed, trailer: false, trailerName: undefined })
  const withTrailer = { ...signed, [sha256]: `${signed[sha256]}-TRAILER`, 'x-amz-trailer': 'X-Amz-Checksum-SHA256, ' }
  t.same(planBody(put(withTrailer), chunksTrailer, stream).framing,
    { kind: 'aws-chunked', chain: testSeed, trailer: true, trailerName: 'x-amz-checksum-sha256' })

  const both = { [sha256]: unsignedTrailer[sha256] ?? '', 'transfer-encoding': 'chunked' }
  t.equal(planBody(put(both), unsigned, stream).framing.kind, 'aws-chunked', 'inside HTTP chunks, without a length, by anyone')
  t.throws(() => planBody(put(signed), unsigned, stream), { code: 'InvalidRequest' }, 'framing is never stored as content')
  const presigned = put({ 'content-length': '100' })
  t.same(planBody(presigned, chunks, stream).framing, { kind: 'aws-chunked', chain: testSeed, trailer: false, trailerName: undefined }, 'said in the query')
  t.equal(planBody(presigned, { kind: 'unsigned-trailer' }, stream).framing.kind, 'aws-chunked', 'said in the query')
  t.throws(() => planBody(presigned, chunks, none), { code: 'InvalidRequest' })
  t.same(planBody(put({ ...unsignedTrailer, 'x-amz-trailer': 'x-amz-checksum-xxhash64' }), unsigned, stream).checksum,
    { algorithm: 'XXHASH64', place: 'trailer' })
  t.end()
})

t.test('ST-03: a decoded length that is no length', (t) => {
  for (const value of ['', '-1', 'five', '1.5', '0x10', '5, 5', 'NaN']) {
    t.throws(() => planBody(put({ ...unsignedTrailer, 'x-amz-decoded-content-length': value }), unsigned, stream), {
      code: 'MissingContentLength', status: 411, message: 'You must provide the Content-Length HTTP header.',
    }, value)
  }
  t.end()
})

t.test('ST-08: what x-amz-trailer may announce', (t) => {
  const plan = (value: string, more = {}) => planBody(put({ ...unsignedTrailer, 'x-amz-trailer': value, ...more }), unsigned, stream)
  const unsupported = refused('The value specified in the x-amz-trailer header is not supported')
  const bad = ['foo', 'content-md5', sha256, 'x-amz-checksum-bad', ',x-amz-checksum-crc32', 'x-amz-checksum-crc32, ,',
    'x-amz-checksum-crc32, x-amz-foo']
  for (const value of bad) t.throws(() => plan(value), unsupported, value)
  t.doesNotThrow(() => plan('x-amz-checksum-crc32,,'))
  const two = refused('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  t.throws(() => plan('x-amz-checksum-crc32, x-amz-checksum-sha256'), two)
  t.throws(() => plan('x-amz-checksum-crc32, x-amz-checksum-xxhash64'), two)
  t.throws(() => plan('x-amz-checksum-crc32', { 'x-amz-checksum-crc32': 'y/Q5Jg==' }), refused('Expecting a single x-amz-checksum- header'))
  const malformed = { code: 'MalformedTrailerError', status: 400 }
  const announced = { 'content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' }
  t.throws(() => planBody(put(announced), unsigned, stream), malformed, 'and no trailer can come')
  t.throws(() => planBody(put({ ...announced, [sha256]: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }), chunks, stream), malformed)
  t.end()
})

t.test('ST-10: neither Content-Length nor Transfer-Encoding', (t) => {
  t.throws(() => planBody(put({}), unsigned, stream), { code: 'MissingContentLength', status: 411 })
  t.equal(planBody(put({}), unsigned, xml).length, 0, 'a document may be absent')
  t.throws(() => planBody(put({ 'content-length': '5', 'transfer-encoding': 'chunked' }), unsigned, stream), { code: 'InvalidRequest' })
  t.throws(() => planBody(put({ 'content-length': '+5' }), unsigned, stream), { code: 'InvalidRequest' })
  t.end()
})

t.test('ST-13: only objects and parts are streamed', (t) => {
  const message = 'The value of x-amz-content-sha256 header is invalid.'
  t.throws(() => planBody(put(unsignedTrailer), { kind: 'unsigned-trailer' }, xml), refused(message))
  t.throws(() => planBody(put(unsignedTrailer), { kind: 'unsigned-trailer' }, none), refused(message))
  t.throws(() => planBody(put({ [sha256]: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }), chunks, none), refused(message))
  t.equal(planBody(put({ [sha256]: hex, 'content-md5': 'x' }), unsigned, none).length, 0, 'a row without a body checks nothing of it')
  t.end()
})

t.test('HT-02: too large is said at once', (t) => {
  for (const value of [String(limits.uploadBytesMax + 1), '9223372036854775808', '9'.repeat(40)]) {
    t.throws(() => planBody(put({ 'content-length': value }), unsigned, stream), { code: 'EntityTooLarge', status: 400, members: {
      ProposedSize: String(Number(value)), MaxSizeAllowed: '5368709120',
    } })
    t.throws(() => planBody(put({ ...unsignedTrailer, 'x-amz-decoded-content-length': value }), unsigned, stream), { code: 'EntityTooLarge' })
  }
  t.throws(() => planBody(put({ ...unsignedTrailer, 'content-length': '9223372036854775808' }), unsigned, stream), { code: 'EntityTooLarge' })
  t.equal(planBody(put({ 'content-length': '5368709120' }), unsigned, stream).length, 5368709120)
  t.throws(() => planBody(put({ 'content-length': '1001' }), unsigned, xml), {
    code: 'MaxMessageLengthExceeded', status: 400, message: 'Your request was too big.',
  })
  t.end()
})

t.test('IN-02: Content-MD5', (t) => {
  const md5 = createHash('md5').update('hello').digest()
  t.same(planBody(put({ 'content-length': '5', 'content-md5': md5.toString('base64') }), unsigned, xml).md5?.expected, md5)
  t.equal(planBody(put({ 'content-length': '5' }), unsigned, xml).md5, undefined)
  for (const value of ['', 'invalid', md5.toString('hex'), md5.toString('base64').replace('=', ''), hex, Buffer.alloc(15).toString('base64')]) {
    t.throws(() => planBody(put({ 'content-length': '5', 'content-md5': value }), unsigned, stream), {
      code: 'InvalidDigest', status: 400, message: 'The Content-MD5 you specified was invalid.', members: { 'Content-MD5': value },
    }, value)
  }
  t.end()
})

t.test('IN-03: checksums in the head', (t) => {
  const plan = (fields: Readonly<Record<string, string>>, kind: BodyKind = stream) =>
    planBody(put({ 'content-length': '5', ...fields }), unsigned, kind)
  t.same(plan({ 'x-amz-checksum-crc32': 'y/Q5Jg==' }).checksum, { algorithm: 'CRC32', place: 'header', digest: Buffer.from('cbf43926', 'hex') })
  t.throws(() => plan({ 'x-amz-checksum-crc32': 'bad' }), refused('Value for x-amz-checksum-crc32 header is invalid.'))
  t.throws(() => plan({ 'x-amz-checksum-bad': 'y/Q5Jg==' }), refused('The algorithm type you specified in x-amz-checksum- header is invalid.'))
  t.throws(() => plan({ 'x-amz-checksum-crc32': 'y/Q5Jg==', 'x-amz-sdk-checksum-algorithm': 'SHA1' }),
    refused('Value for x-amz-sdk-checksum-algorithm header is invalid.'))
  const noChecksum = { 'x-amz-checksum-type': 'COMPOSITE', 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-mode': 'ENABLED' }
  t.equal(plan(noChecksum).checksum, undefined)
  t.throws(() => plan({ 'x-amz-checksum-sha512': 'anything' }), refused('Value for x-amz-checksum-sha512 header is invalid.'))
  t.throws(() => plan({ 'x-amz-checksum-sha512': 'anything' }, xml), refused('Value for x-amz-checksum-sha512 header is invalid.'))
  t.equal(plan({ 'x-amz-checksum-crc32': 'y/Q5Jg==' }, xml).checksum?.algorithm, 'CRC32')
  const complete: BodyKind = { kind: 'xml', bytesMax: 1000, checksumOfObject: true }
  t.equal(plan({ 'x-amz-checksum-crc32': 'y/Q5Jg==-2' }, complete).checksum, undefined, 'speaks of the object, not of the document')
  t.end()
})
