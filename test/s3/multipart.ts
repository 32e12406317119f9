import t from 'tap'
import { Head } from '../../lib/kit/head'
import { limits } from '../../lib/limits'
import { checkObjectSize, chooseParts, completionDigest, copySourceRange, partEtag, shownChecksum, type UploadedPart } from '../../lib/s3/multipart'

const mib = 1024 * 1024
const md5 = (digit: string) => Buffer.from(digit.repeat(32), 'hex')
const head = (...fields: string[]) => new Head('POST', '/b/k?uploadId=u', fields)
const uploaded = (number: number, size: number, checksums: UploadedPart['checksums'] = {}) => ({ number, size, md5: md5(String(number)), checksums })
const listed = (number: number, checksums = {}) => ({ number, etag: String(number).repeat(32), checksums })
const byNumber = (...parts: UploadedPart[]) => new Map(parts.map((part) => [part.number, part]))

t.test('the parts that are listed', (t) => {
  const three = byNumber(uploaded(1, 5 * mib), uploaded(2, 5 * mib, { CRC32: Buffer.from('abcd') }), uploaded(9, 0))
  t.same(chooseParts([listed(2), listed(9)], three).map((part) => part.number), [2, 9])
  t.same(chooseParts([{ ...listed(2, { CRC32: 'YWJjZA==' }) }], three).length, 1)
  t.same(chooseParts([{ number: 1, etag: '1'.repeat(32).toUpperCase(), checksums: {} }], three).length, 1)
  const wrong = [
    listed(3), { ...listed(1), etag: '2'.repeat(32) }, { ...listed(1), etag: '' }, listed(2, { CRC32: 'AAAAAA==' }),
    listed(1, { CRC32: 'AAAAAA==' }),
  ]
  for (const part of wrong) t.throws(() => chooseParts([part], three), { code: 'InvalidPart', members: { PartNumber: String(part.number) } })
  t.end()
})

t.test('only the last part may be small, and the whole has a limit', (t) => {
  const parts = byNumber(uploaded(1, 5 * mib - 1), uploaded(2, 1), uploaded(3, limits.objectBytesMax))
  t.throws(() => chooseParts([listed(1), listed(2)], parts), {
    code: 'EntityTooSmall',
    members: { ProposedSize: String(5 * mib - 1), MinSizeAllowed: String(5 * mib), PartNumber: '1', ETag: '1'.repeat(32) },
  })
  t.same(chooseParts([listed(1)], parts).length, 1)
  t.same(chooseParts([listed(3)], parts).length, 1)
  t.throws(() => chooseParts([listed(3), listed(2)], byNumber(uploaded(3, limits.objectBytesMax), uploaded(2, 1))), { code: 'EntityTooLarge' })
  t.end()
})

t.test('the size that the client believes in', (t) => {
  checkObjectSize(head(), 5)
  checkObjectSize(head('x-amz-mp-object-size', '5'), 5)
  for (const size of ['4', '5.0', '0x5', '', ' 5 x']) t.throws(() => checkObjectSize(head('x-amz-mp-object-size', size), 5), { code: 'InvalidRequest' }, size)
  t.end()
})

t.test('what makes two requests the same', (t) => {
  const one = completionDigest(head(), [listed(1), listed(2)])
  t.equal(completionDigest(head('x-other', 'y'), [{ ...listed(1), checksums: { CRC32: 'x' } }, { ...listed(2) }]), one)
  for (const other of [[listed(1)], [listed(2), listed(1)], [listed(1), { ...listed(2), etag: '1' }]]) t.not(completionDigest(head(), other), one)
  t.not(completionDigest(head('If-None-Match', '*'), [listed(1), listed(2)]), one)
  t.end()
})

t.test('the range of a copy', (t) => {
  const range = (text?: string, size = 10) => copySourceRange(text === undefined ? head() : head('x-amz-copy-source-range', text), size)
  t.same(range(), { offset: 0, length: 10 })
  t.same(range('bytes=0-9'), { offset: 0, length: 10 })
  t.same(range('bytes=9-9'), { offset: 9, length: 1 })
  for (const text of ['bytes=0-', 'bytes=-5', '0-5', 'bytes=5-4', 'bytes=a-b', 'bytes=0-1,3-4', 'bytes= 0-1', '', 'BYTES=0-1']) {
    t.throws(() => range(text), { code: 'InvalidArgument', status: 400 }, text)
  }
  t.throws(() => range('bytes=0-10'), {
    code: 'InvalidArgument', status: 400, message: 'Range specified is not valid for source object of size: 10',
    members: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: 'bytes=0-10' },
  })
  t.throws(() => range('bytes=10-10'), {
    code: 'InvalidRequest', status: 400, message: 'The specified copy range is invalid for the source object size',
  })
  t.throws(() => range(undefined, limits.uploadBytesMax + 1), { code: 'InvalidRequest' })
  t.throws(() => range(`bytes=0-${limits.uploadBytesMax}`, limits.uploadBytesMax + 1), { code: 'InvalidRequest' })
  t.end()
})

t.test('what is shown of a part', (t) => {
  t.equal(partEtag(uploaded(1, 0)), `"${'1'.repeat(32)}"`)
  t.equal(shownChecksum(uploaded(1, 0)), undefined)
  t.same(shownChecksum(uploaded(1, 0, { other: Buffer.from('x'), SHA1: Buffer.from('abc') })), ['ChecksumSHA1', 'YWJj'])
  t.end()
})
