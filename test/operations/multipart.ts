import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { abortMultipartUpload } from '../../lib/operations/abort-multipart-upload'
import { completeMultipartUpload } from '../../lib/operations/complete-multipart-upload'
import { createMultipartUpload } from '../../lib/operations/create-multipart-upload'
import { getObject } from '../../lib/operations/get-object'
import { listMultipartUploads } from '../../lib/operations/list-multipart-uploads'
import { listParts } from '../../lib/operations/list-parts'
import { uploadPart } from '../../lib/operations/upload-part'
import { PfsError } from '../../lib/pfs/failure'
import { callOf, headersOf, objectScope, textOf, type CallOptions } from '../support/call'
import { contentOf, textsOf } from '../support/document'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'
const mib = 1024 * 1024
const md5 = (bytes: string | Buffer) => createHash('md5').update(bytes).digest()
const hex = (bytes: string | Buffer) => md5(bytes).toString('hex')
const crc = (bytes: string | Buffer) => {
  const digest = Buffer.alloc(4)
  digest.writeUInt32BE(crc32(bytes))
  return { algorithm: 'CRC32' as const, digest }
}

async function begin(key = 'k', headers: Record<string, string> = {}) {
  const pfs = new FakePfs()
  await pfs.seed(bucket)
  const call = (options: CallOptions) => callOf(pfs, objectScope(bucket, key), options)
  const created = await createMultipartUpload.run(call({ method: 'POST', query: 'uploads', headers }))
  const id = textsOf(created, 'UploadId')[0] ?? ''
  const put = (number: number | string, body: string | Buffer | Error, more: CallOptions = {}) =>
    uploadPart.run(call({ method: 'PUT', query: `partNumber=${number}&uploadId=${id}`, body, ...more }))
  const complete = (parts: ReadonlyArray<readonly [number: number, etag: string]>, more: CallOptions = {}) => {
    const list = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('')
    return completeMultipartUpload.run(call({
      method: 'POST', query: `uploadId=${id}`, xml: `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`, ...more,
    }))
  }
  const parts = (query = '') => listParts.run(call({ query: `uploadId=${id}${query}` }))
  const abort = () => abortMultipartUpload.run(call({ method: 'DELETE', query: `uploadId=${id}` }))
  return { pfs, call, created, id, put, complete, parts, abort }
}

const listUploads = (pfs: FakePfs, query = '') => listMultipartUploads.run(callOf(pfs, { kind: 'bucket', bucket }, { query: `uploads${query}` }))

t.test('from the beginning to the end', async (t) => {
  const { pfs, created, id, put, complete } = await begin('a&b', { 'content-type': 'a/b', 'x-amz-meta-x': 'y', 'x-amz-checksum-algorithm': 'CRC32' })
  t.equal(contentOf(created), `<Bucket>${bucket}</Bucket><Key>a&amp;b</Key><UploadId>${id}</UploadId>`)
  t.match(headersOf(created), { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'COMPOSITE' })
  const big = Buffer.alloc(5 * mib, 'x')
  const shown = { etag: `"${hex('tail')}"`, 'x-amz-checksum-crc32': crc('tail').digest.toString('base64') }
  t.same(headersOf(await put(2, 'tail', { checksum: crc('tail') })), shown)
  await put(1, 'overwritten', { checksum: crc('overwritten') })
  await put(1, big, { checksum: crc(big) })
  const reply = await complete([[1, `&quot;${hex(big)}&quot;`], [2, hex('tail')]], { headers: { host: 'h:1', 'x-amz-mp-object-size': String(big.length + 4) } })
  const etag = `${hex(Buffer.concat([md5(big), md5('tail')]))}-2`
  const sum = `${crc(Buffer.concat([crc(big).digest, crc('tail').digest])).digest.toString('base64')}-2`
  t.equal(contentOf(reply), `<Location>http://h:1/target</Location><Bucket>${bucket}</Bucket><Key>a&amp;b</Key><ETag>&quot;${etag}&quot;</ETag>` +
    `<ChecksumCRC32>${sum}</ChecksumCRC32><ChecksumType>COMPOSITE</ChecksumType>`)
  t.match(headersOf(reply), { 'x-amz-version-id': pfs.head(bucket) })
  const stat = await pfs.stat(await pfs.snapshot(bucket), 'a&b')
  t.same(stat?.attributes, {
    entries: { t: 'a/b', 'm:x': 'y', 'd:etag': etag, 'd:crc32': sum },
    parts: { numbers: [1, 2], sizes: [big.length, 4], checksumAlgorithm: 'CRC32', checksums: [crc(big).digest, crc('tail').digest] },
  })
  const read = await getObject.run(callOf(pfs, objectScope(bucket, 'a&b'), { query: 'partNumber=2', headers: { 'x-amz-checksum-mode': 'ENABLED' } }))
  t.equal(await textOf(read), 'tail')
  t.match(headersOf(read), { etag: `"${etag}"`, 'x-amz-mp-parts-count': '2', 'x-amz-checksum-crc32': crc('tail').digest.toString('base64') })
})

t.test('the same again is answered alike, another list is not', async (t) => {
  const { pfs, put, complete } = await begin()
  await put(1, 'one')
  await put(2, 'two')
  const first = await complete([[1, hex('one')]])
  const head = pfs.head(bucket)
  const again = await complete([[1, hex('one')]])
  t.equal(contentOf(again), contentOf(first))
  t.same(headersOf(again), headersOf(first))
  t.equal(pfs.head(bucket), head, 'nothing was written')
  await t.rejects(complete([[2, hex('two')]]), { name: 'PfsError', kind: 'no-upload' })
  await t.rejects(complete([[1, hex('one')]], { headers: { 'If-None-Match': '*' } }), { name: 'PfsError', kind: 'no-upload' })
})

t.test('parts that are wrong, missing, small or out of order', async (t) => {
  const { pfs, put, complete } = await begin()
  await put(1, 'small')
  await put(3, 'last')
  await t.rejects(complete([]), { code: 'MalformedXML' })
  await t.rejects(complete([[3, hex('last')], [1, hex('small')]]), { code: 'InvalidPartOrder' })
  await t.rejects(complete([[1, hex('small')], [1, hex('small')]]), { code: 'InvalidPartOrder' })
  await t.rejects(complete([[0, hex('small')]]), { code: 'InvalidArgument' })
  await t.rejects(complete([[10001, hex('small')]]), { code: 'InvalidArgument' })
  await t.rejects(complete([[1, hex('other')]]), { code: 'InvalidPart' })
  await t.rejects(complete([[2, hex('small')]]), { code: 'InvalidPart' })
  await t.rejects(complete([[1, hex('small')], [3, hex('last')]]), { code: 'EntityTooSmall', members: { ProposedSize: '5', PartNumber: '1' } })
  await t.rejects(complete([[1, hex('small')]], { headers: { 'x-amz-mp-object-size': '6' } }), { code: 'InvalidRequest' })
  await t.rejects(complete([[1, hex('small')]], { headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } }), { code: 'InvalidRequest' })
  t.equal(pfs.text(bucket, 'k'), undefined)
  await complete([[1, hex('small')]])
  t.equal(pfs.text(bucket, 'k'), 'small')
})

t.test('a condition is judged where the commit is built, and leaves the upload', async (t) => {
  const { pfs, put, complete } = await begin()
  await put(1, 'one')
  await pfs.seed(bucket, { k: 'theirs' })
  await t.rejects(complete([[1, hex('one')]], { headers: { 'If-None-Match': '*' } }), { code: 'PreconditionFailed' })
  await t.rejects(complete([[1, hex('one')]], { headers: { 'If-Match': '"x"' } }), { code: 'PreconditionFailed' })
  await complete([[1, hex('one')]], { headers: { 'If-Match': '*' } })
  t.equal(pfs.text(bucket, 'k'), 'one')
})

t.test('the head is decided before the body', async (t) => {
  const { pfs, id, call, put } = await begin()
  pfs.calls.length = 0
  for (const number of ['0', '10001', '-1', '1e3', '%205', '2147483648', 'NaN', '']) await t.rejects(put(number, 'x'), { code: 'InvalidArgument' }, number)
  await t.rejects(put(1, 'x', { headers: { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' } }), { code: 'NotImplemented' })
  await t.rejects(uploadPart.run(call({ query: 'partNumber=1&uploadId=other', body: 'x' })), { name: 'PfsError', kind: 'no-upload' })
  const elsewhere = callOf(pfs, objectScope(bucket, 'k2'), { query: `partNumber=1&uploadId=${id}`, body: 'x' })
  await t.rejects(uploadPart.run(elsewhere), { name: 'PfsError', kind: 'no-upload' })
  t.notOk(pfs.calls.includes('stage'))
  await t.rejects(put(1, new Error('truncated')), { message: 'truncated' })
})

t.test('a part brings the checksum that was announced, or none and is summed', async (t) => {
  for (const [announced, type, brought] of [['SHA256', 'COMPOSITE', 'crc32'], ['CRC32', 'FULL_OBJECT', 'sha512']] as const) {
    const { pfs, put, complete } = await begin('k', { 'x-amz-checksum-algorithm': announced, 'x-amz-checksum-type': type })
    const message = `Checksum Type mismatch occurred, expected checksum Type: ${announced.toLowerCase()}, actual checksum Type: ${brought}`
    pfs.calls.length = 0
    const value = Buffer.alloc(brought === 'crc32' ? 4 : 64).toString('base64')
    for (const headers of [{ [`x-amz-checksum-${brought}`]: value }, { 'x-amz-trailer': `x-amz-checksum-${brought}` }]) {
      await t.rejects(put(1, 'x', { headers }), { code: 'InvalidRequest', message })
    }
    t.notOk(pfs.calls.includes('stage'), 'before the body is asked for')
    const field = `x-amz-checksum-${announced.toLowerCase()}`
    const sum = (announced === 'CRC32' ? crc('hello').digest : createHash('sha256').update('hello').digest()).toString('base64')
    t.same(headersOf(await put(1, 'hello')), { etag: `"${hex('hello')}"`, [field]: sum })
    t.match(contentOf(await complete([[1, hex('hello')]])), `<ChecksumType>${type}</ChecksumType>`)
    t.equal(pfs.text(bucket, 'k'), 'hello')
  }
  const { put } = await begin()
  t.match(headersOf(await put(1, 'x', { checksum: crc('x'), headers: { 'x-amz-checksum-crc32': crc('x').digest.toString('base64') } })),
    { 'x-amz-checksum-crc32': /=/ }, 'of an upload that announced none')
})

t.test('pages of parts', async (t) => {
  const { put, parts, id } = await begin('a b', { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' })
  for (const number of [1, 5, 10000]) await put(number, `part ${number}`, { checksum: crc(`part ${number}`) })
  const all = await parts()
  t.match(contentOf(all), `<Bucket>${bucket}</Bucket><Key>a b</Key><UploadId>${id}</UploadId>` +
    '<Initiator><ID>pfs</ID><DisplayName>pfs</DisplayName></Initiator>' +
    '<Owner><ID>pfs</ID><DisplayName>pfs</DisplayName></Owner><StorageClass>STANDARD</StorageClass><PartNumberMarker>0</PartNumberMarker>' +
    '<NextPartNumberMarker>10000</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>' +
    '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Part><PartNumber>1</PartNumber>')
  t.same(textsOf(all, 'Size'), ['6', '6', '10'])
  t.same(textsOf(all, 'ChecksumCRC32'), [1, 5, 10000].map((number) => crc(`part ${number}`).digest.toString('base64')))
  t.same(textsOf(all, 'LastModified').every((text) => /^2026-01-02T00:00:\d\d\.000Z$/.test(text)), true)
  const first = await parts('&max-parts=1')
  t.same([textsOf(first, 'PartNumber'), textsOf(first, 'IsTruncated'), textsOf(first, 'NextPartNumberMarker')], [['1'], ['true'], ['1']])
  const rest = await parts('&max-parts=2&part-number-marker=1&encoding-type=url')
  t.same([textsOf(rest, 'PartNumber'), textsOf(rest, 'IsTruncated'), textsOf(rest, 'Key')], [['5', '10000'], ['false'], ['a%20b']])
  t.same(textsOf(await parts('&max-parts=0'), 'PartNumber'), [])
  t.same(textsOf(await parts('&part-number-marker=2147483647'), 'PartNumber'), [])
  for (const query of ['&max-parts=x', '&max-parts=-1', '&part-number-marker=1e3', '&part-number-marker=2147483648', '&encoding-type=x']) {
    await t.rejects(parts(query), { code: 'InvalidArgument' }, query)
  }
})

t.test('pages of uploads', async (t) => {
  const { pfs } = await begin('a')
  const more = (key: string, headers = {}) => createMultipartUpload.run(callOf(pfs, objectScope(bucket, key), { query: 'uploads', headers }))
  await more('dir/b c')
  await more('dir/d', { 'x-amz-checksum-algorithm': 'SHA256' })
  const all = await listUploads(pfs)
  t.match(contentOf(all), `<Bucket>${bucket}</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>` +
    `<NextKeyMarker>dir/d</NextKeyMarker><NextUploadIdMarker>${String(textsOf(all, 'UploadId').at(-1))}</NextUploadIdMarker><Prefix></Prefix>` +
    '<MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated><Upload><Key>a</Key><UploadId>')
  t.same(textsOf(all, 'Key'), ['a', 'dir/b c', 'dir/d'])
  t.same(textsOf(all, 'ChecksumAlgorithm'), ['SHA256'])
  const one = await listUploads(pfs, '&max-uploads=1')
  const [key = '', id = ''] = [textsOf(one, 'NextKeyMarker')[0], textsOf(one, 'NextUploadIdMarker')[0]]
  t.same([textsOf(one, 'Key'), textsOf(one, 'IsTruncated'), key], [['a'], ['true'], 'a'])
  t.same(textsOf(await listUploads(pfs, `&key-marker=${key}&upload-id-marker=${id}`), 'Key'), ['dir/b c', 'dir/d'])
  const rolled = await listUploads(pfs, '&delimiter=/&encoding-type=url')
  t.same([textsOf(rolled, 'Key'), textsOf(rolled, 'Prefix')], [['a'], ['', 'dir/']])
  t.same(textsOf(await listUploads(pfs, '&delimiter=&max-uploads=1000&prefix=dir%2Fb%20c'), 'Key'), ['dir/b c'], 'as minio-js asks for one key')
  t.same(textsOf(await listUploads(pfs, '&encoding-type=url&prefix=dir/b'), 'Key'), ['dir/b%20c'])
  t.same(textsOf(await listUploads(pfs, '&upload-id-marker=x'), 'Key').length, 3, 'an id marker alone is none')
  t.same(textsOf(await listUploads(pfs, '&max-uploads=0'), 'IsTruncated'), ['false'])
  await t.rejects(listUploads(pfs, '&max-uploads=x'), { code: 'InvalidArgument' })
  await t.rejects(listUploads(pfs, '&encoding-type=x'), { code: 'InvalidArgument' })
})

t.test('aborted, it is gone', async (t) => {
  const { pfs, put, complete, parts, abort } = await begin()
  await put(1, 'one')
  t.match(await abort(), { status: 204, body: { kind: 'none' } })
  for (const call of [abort, parts, () => put(1, 'x'), () => complete([[1, hex('one')]])]) await t.rejects(call(), { name: 'PfsError', kind: 'no-upload' })
  t.same(textsOf(await listUploads(pfs), 'Key'), [])
})

t.test('trouble behind is passed on, and a part that was replaced meanwhile is an invalid one', async (t) => {
  const { pfs, put, complete } = await begin()
  await put(1, 'one')
  const { complete: whole } = pfs.uploads
  pfs.uploads.complete = () => Promise.reject(new PfsError('no-file-set', 'gone'))
  await t.rejects(complete([[1, hex('one')]]), { code: 'InvalidPart' })
  pfs.uploads.complete = () => Promise.reject(new PfsError('unavailable', 'down'))
  await t.rejects(complete([[1, hex('one')]]), { name: 'PfsError', kind: 'unavailable' })
  pfs.uploads.complete = whole
  await complete([[1, hex('one')]])
})

t.test('what cannot be kept is refused at the beginning', async (t) => {
  await t.rejects(begin('k', { 'x-amz-server-side-encryption': 'AES256' }), { code: 'NotImplemented' })
  await t.rejects(begin('k', { 'x-amz-checksum-algorithm': 'CRC9' }), { code: 'InvalidRequest' })
  await t.rejects(begin('k', { 'x-amz-checksum-algorithm': 'SHA1', 'x-amz-checksum-type': 'FULL_OBJECT' }), { code: 'InvalidRequest' })
  await t.rejects(begin('k', { 'x-amz-meta-a': 'x'.repeat(2048) }), { code: 'MetadataTooLarge' })
})
