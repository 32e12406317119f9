import t from 'tap'
import { Head } from '../../lib/kit/head'
import { limits } from '../../lib/limits'
import { isFieldValue, keepMetadata, metadataHeaders, metadataOf, replaceMetadata } from '../../lib/s3/metadata'
import { refuseCustomerKey, refuseUnsupported } from '../../lib/s3/unsupported'

const put = (...fields: string[]) => new Head('PUT', '/b/k', fields)
const back = (fields: string[], key = 'k') => Object.fromEntries(metadataHeaders(metadataOf(put(...fields)), key))

t.test('keeps what S3 keeps, as sent', (t) => {
  const fields = {
    'Content-Type': 'text/csv; charset=latin-1', 'Cache-Control': 'no-cache', 'Content-Disposition': 'attachment; filename="\xe9"',
    'Content-Encoding': 'gzip', 'Content-Language': 'de', Expires: 'never', 'x-amz-website-redirect-location': '/other',
    'x-amz-meta-mtime': '1.5', 'x-amz-meta-empty': '',
  }
  t.same(back([...Object.entries(fields).flat(), 'Content-Length', '3', 'x-amz-date', 'd', 'Range', 'r']), fields)
  t.same(metadataOf(put('content-type', 'a/b', 'cache-control', 'x', 'content-disposition', 'x', 'content-encoding', 'x',
    'content-language', 'x', 'expires', 'x', 'x-amz-website-redirect-location', 'https://x', 'x-amz-meta-Mixed-Case', 'x')),
  { t: 'a/b', cc: 'x', cd: 'x', ce: 'x', cl: 'x', ex: 'x', wr: 'https://x', 'm:mixed-case': 'x' },
  'the names of the entries are a storage format')
  t.end()
})

t.test('aws-chunked is no content encoding', (t) => {
  const cases: [string, string | undefined][] = [
    ['aws-chunked', undefined], ['AWS-Chunked', undefined], ['gzip,aws-chunked', 'gzip'], ['aws-chunked, gzip', 'gzip'],
    ['gzip, br', 'gzip, br'], ['aws-chunked,', undefined], ['deflate , aws-chunked,gzip', 'deflate,gzip'], ['aws-chunkedx', 'aws-chunkedx'],
  ]
  for (const [sent, kept] of cases) t.equal(metadataOf(put('Content-Encoding', sent))['ce'], kept, sent)
  t.end()
})

t.test('the content type is the given one, else that of the extension', (t) => {
  const type = (key: string, ...fields: string[]) => back(fields, key)['Content-Type']
  t.equal(type('a.csv'), 'text/csv')
  t.equal(type('dir.d/a.tar.gz'), 'application/gzip')
  t.equal(type('A.PNG'), 'image/png')
  t.equal(type('a.csv', 'Content-Type', 'x/y'), 'x/y')
  for (const key of ['csv', 'dir.csv/file', 'a.', '.', 'a.nothing-known', 'dir/', 'a.__proto__']) t.equal(type(key), 'binary/octet-stream', key)
  t.same(metadataHeaders(undefined, 'a.json'), [['Content-Type', 'application/json']])
  t.end()
})

t.test('user metadata is text, and is counted as S3 counts', (t) => {
  t.equal(metadataOf(put('x-amz-meta-a', Buffer.from('é').toString('latin1')))['m:a'], 'é')
  t.equal(back(['x-amz-meta-a', '=?UTF-8?Q?=C3=A9?='])['x-amz-meta-a'], '=?UTF-8?B?w6k=?=')
  t.equal(metadataOf(put('x-amz-meta-a', '1', 'X-Amz-Meta-A', '2'))['m:a'], '1,2')
  t.same(Object.keys(metadataOf(put('x-amz-meta-__proto__', 'x'))), ['m:__proto__'])
  const fits = ['x-amz-meta-a', 'x'.repeat(1000), 'x-amz-meta-bc', 'x'.repeat(1045)]
  t.equal(Object.keys(metadataOf(put(...fits))).length, 2)
  t.throws(() => metadataOf(put(...fits, 'x-amz-meta-d', '')), { code: 'MetadataTooLarge', members: { Size: '2049', MaxSizeAllowed: '2048' } })
  const accents = Buffer.from('é'.repeat(1024)).toString('latin1')
  t.throws(() => metadataOf(put('x-amz-meta-a', accents)), { code: 'MetadataTooLarge' })
  t.end()
})

t.test('system metadata is bounded, names and values together', (t) => {
  const fits = ['Content-Type', 'x'.repeat(1000), 'cache-control', 'x'.repeat(2048 - 1000 - 12 - 13)]
  t.same(Object.keys(metadataOf(put(...fits))), ['t', 'cc'])
  const tooLarge = { code: 'MetadataTooLarge', status: 400, members: { Size: '2049', MaxSizeAllowed: '2048' } }
  t.throws(() => metadataOf(put(...fits.slice(0, -1), `${fits[3] ?? ''}x`)), tooLarge)
  for (const [name, prefix] of [
    ['Content-Type', ''], ['Cache-Control', ''], ['Content-Disposition', ''], ['Content-Encoding', ''], ['Content-Language', ''], ['Expires', ''],
    ['x-amz-website-redirect-location', '/'],
  ] as const) {
    const rest = 2048 - name.length - prefix.length
    t.doesNotThrow(() => metadataOf(put(name, prefix + 'x'.repeat(rest), 'x-amz-meta-a', 'x'.repeat(2047))), name)
    t.throws(() => metadataOf(put(name, prefix + 'x'.repeat(rest + 1))), tooLarge, name)
  }
  const redirected = (length: number) => keepMetadata({ t: 'x'.repeat(1000) }, put('x-amz-website-redirect-location', `/${'x'.repeat(length)}`))
  t.equal(redirected(1004)?.['wr']?.length, 1005)
  t.throws(() => redirected(1005), tooLarge)
  t.end()
})

t.test('as much as is taken is answered in a head that clients read', (t) => {
  const each = Math.floor(limits.userMetadataBytesMax / 120) - 3
  const user = Array.from({ length: 120 }, (_, i) => [`x-amz-meta-${i}`, `=?UTF-8?B?${Buffer.alloc(each, 1).toString('base64')}?=`])
  const system = ['Content-Disposition', 'x'.repeat(limits.systemMetadataBytesMax - 19)]
  const headers = metadataHeaders(metadataOf(put(...user.flat(), ...system)), 'k')
  t.equal(headers.length, 122)
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
  t.ok(bytes < 14 * 1024, `${bytes}: node reads 16 KiB, and the rest of the head must fit too`)
  t.end()
})

t.test("another writer's entries cannot break a header", (t) => {
  const entries = { t: 'a\r\nb', cc: 'x\0', cd: '\u0100', 'm:ok': 'a\r\nb', 'm:not ok': 'x', 'm:\u00e9': 'x', 'd:md5': 'x', other: 'x' }
  const headers = metadataHeaders(entries, 'k')
  t.same(Object.fromEntries(headers),
    { 'Content-Type': 'binary/octet-stream', 'x-amz-meta-ok': '=?UTF-8?Q?a=0D=0Ab?=', 'x-amz-missing-meta': '2' })
  t.equal(isFieldValue('a\tb\xff'), true)
  t.equal(isFieldValue('\x7f'), false)
  t.end()
})

t.test('new metadata for the same bytes keeps their digests', (t) => {
  t.same(replaceMetadata({ t: 'old/type', 'm:a': 'old', 'd:md5': '1', 'd:crc32': '2' }, { 'm:b': 'new' }),
    { 'm:b': 'new', 'd:md5': '1', 'd:crc32': '2' })
  t.same(replaceMetadata(undefined, {}), {})
  t.end()
})

t.test('refuses promises that are not kept', (t) => {
  t.throws(() => metadataOf(put('x-amz-website-redirect-location', 'other')), { code: 'InvalidRedirectLocation' })
  for (const [name, value] of [
    ['x-amz-server-side-encryption', 'AES256'], ['x-amz-server-side-encryption-customer-key', 'k'], ['x-amz-object-lock-mode', 'GOVERNANCE'],
    ['x-amz-object-lock-legal-hold', 'ON'], ['x-amz-tagging', 'a=b'], ['x-amz-write-offset-bytes', '0'],
    ['x-amz-copy-source-server-side-encryption-customer-key', 'k'],
  ] as const) {
    t.throws(() => refuseUnsupported(put(name, value)), { code: 'NotImplemented', status: 501, members: { Header: name } }, name)
  }
  t.throws(() => refuseUnsupported(put('x-amz-storage-class', 'GLACIER')),
    { code: 'InvalidStorageClass', members: { StorageClassRequested: 'GLACIER' } })
  t.throws(() => refuseUnsupported(put('x-amz-acl', 'public-read')), { code: 'AccessControlListNotSupported' })
  t.throws(() => refuseUnsupported(put('x-amz-grant-read', 'uri=x')), { code: 'AccessControlListNotSupported' })
  refuseUnsupported(put('x-amz-storage-class', 'STANDARD', 'x-amz-acl', 'private', 'x-amz-tagging', '', 'x-amz-unheard-of', 'x',
    'x-amz-object-lock-legal-hold', 'OFF', 'x-amz-server-side-encryption-bucket-key-enabled', 'false'))
  refuseCustomerKey(put())
  t.throws(() => refuseCustomerKey(put('x-amz-server-side-encryption-customer-algorithm', 'AES256')), { code: 'InvalidRequest' })
  t.end()
})
