import t from 'tap'
import { copyObject } from '../../lib/operations/copy-object'
import { getObject } from '../../lib/operations/get-object'
import { callOf, headersOf, objectScope, textOf } from '../support/call'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'
const other = 'master.bar.default'
const md5 = '900150983cd24fb0d6963f7d28e17f72'
const entries = { t: 'a/b', 'm:old': 'x', wr: '/here', 'd:md5': md5, 'd:crc32': 'y/Q5Jg==' }

async function begin() {
  const pfs = new FakePfs()
  const version = await pfs.seed(bucket, { 'dir/k': 'abc' }, { entries })
  await pfs.seed(other)
  const copy = (source: string, headers: Record<string, string> = {}, to = objectScope(other, 'copy'), query = '') =>
    copyObject.run(callOf(pfs, to, { method: 'PUT', headers: { 'x-amz-copy-source': source, ...headers }, query }))
  const read = async (key = 'copy', from = other) => headersOf(await getObject.run(callOf(pfs, objectScope(from, key))))
  return { pfs, version, copy, read }
}

t.test('copies by reference, with metadata and digests', async (t) => {
  const { pfs, version, copy, read } = await begin()
  const reply = await copy(`${bucket}/dir/k`)
  t.same(pfs.calls, ['snapshot', 'stat', 'write'])
  t.equal(reply.status, 200)
  const now = pfs.head(other)
  t.match(headersOf(reply), { 'x-amz-copy-source-version-id': version, 'x-amz-version-id': now })
  const xml = await textOf(reply)
  t.match(xml, '<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">')
  t.match(xml, `<ETag>&quot;${md5}&quot;</ETag>`)
  t.match(xml, '<ChecksumCRC32>y/Q5Jg==</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>')
  t.match(xml, /<LastModified>2026-01-01T00:00:\d\d\.000Z<\/LastModified>/)
  t.equal(pfs.text(other, 'copy'), 'abc')
  const headers = await read()
  t.match(headers, { etag: `"${md5}"`, 'content-type': 'a/b', 'x-amz-meta-old': 'x' })
  t.equal(headers['x-amz-website-redirect-location'], undefined, 'a redirect belongs to one object')
})

t.test('REPLACE gives new metadata to the same bytes', async (t) => {
  const { copy, read } = await begin()
  await copy(`${bucket}/dir/k`, { 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-new': 'y', 'Content-Type': 'c/d' })
  const headers = await read()
  t.match(headers, { etag: `"${md5}"`, 'content-type': 'c/d', 'x-amz-meta-new': 'y' })
  t.equal(headers['x-amz-meta-old'], undefined)
  await copy(`${bucket}/dir/k`, { 'x-amz-meta-new': 'y', 'x-amz-website-redirect-location': '/there' })
  t.match(await read(), { 'content-type': 'a/b', 'x-amz-meta-old': 'x', 'x-amz-website-redirect-location': '/there' })
})

t.test('a copy to itself must change something', async (t) => {
  const { pfs, version, copy, read } = await begin()
  const itself = objectScope(bucket, 'dir/k')
  const message = /^This copy request is illegal because it is trying to copy an object to itself without changing/
  await t.rejects(copy(`/${bucket}/dir%2Fk`, {}, itself), { code: 'InvalidRequest', message })
  t.same(pfs.calls, [])
  await copy(`${bucket}/dir/k`, { 'x-amz-metadata-directive': 'REPLACE', 'x-amz-meta-mtime': '1' }, itself)
  t.match(await read('dir/k', bucket), { 'x-amz-meta-mtime': '1', etag: `"${md5}"` })
  await copy(`${bucket}/dir/k?versionId=${version}`, {}, itself)
  t.match(await read('dir/k', bucket), { 'x-amz-meta-old': 'x' }, 'an old version is brought back')
  await copy(`${bucket}/dir/k`, { 'x-amz-storage-class': 'STANDARD' }, itself)
})

t.test('sources: versions, commit buckets, and what is not there', async (t) => {
  const { pfs, version, copy } = await begin()
  await pfs.seed(bucket, { 'dir/k': 'new' })
  await copy(`${bucket}/dir/k?versionId=${version}`)
  t.equal(pfs.text(other, 'copy'), 'abc')
  t.equal(headersOf(await copy(`${version}.${bucket}/dir/k`))['x-amz-copy-source-version-id'], version)
  t.equal(pfs.text(other, 'copy'), 'abc')
  await copy(`${bucket}/dir/k`)
  t.equal(pfs.text(other, 'copy'), 'new')
  await t.rejects(copy(`${bucket}/absent`), { code: 'NoSuchKey' })
  await t.rejects(copy(`${bucket}/absent?versionId=${version}`), { code: 'NoSuchVersion' })
  await t.rejects(copy('master.absent/k'), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(copy(`${bucket}/dir/k`, {}, objectScope(`${version}.${bucket}`, 'k')), { name: 'PfsError', kind: 'read-only' })
})

t.test('conditions on the source and on the destination', async (t) => {
  const { pfs, copy } = await begin()
  await t.rejects(copy(`${bucket}/dir/k`, { 'x-amz-copy-source-if-match': '"other"' }), { code: 'PreconditionFailed' })
  await t.rejects(copy(`${bucket}/dir/k`, { 'x-amz-copy-source-if-none-match': `"${md5}"` }), { code: 'PreconditionFailed' })
  await copy(`${bucket}/dir/k`, { 'x-amz-copy-source-if-match': `"${md5}"`, 'If-None-Match': '*' })
  await t.rejects(copy(`${bucket}/dir/k`, { 'If-None-Match': '*' }), { code: 'PreconditionFailed', members: { Condition: 'If-None-Match' } })
  await t.rejects(copy(`${bucket}/dir/k`, { 'If-Match': '"other"' }), { code: 'PreconditionFailed' })
  await copy(`${bucket}/dir/k`, { 'If-Match': `"${md5}"` })
  t.equal(pfs.text(other, 'copy'), 'abc')
})

t.test('directives and announcements are read before anything is asked', async (t) => {
  const { pfs, copy } = await begin()
  for (const kind of ['metadata', 'tagging']) {
    const message = `Unknown ${kind} directive.`
    await t.rejects(copy(`${bucket}/dir/k`, { [`x-amz-${kind}-directive`]: 'MERGE' }), { code: 'InvalidArgument', message })
  }
  await t.rejects(copy(`${bucket}/dir/k`, { 'x-amz-checksum-algorithm': 'MD4' }), { code: 'InvalidRequest' })
  await t.rejects(copy(`${bucket}/dir/k`, { 'x-amz-website-redirect-location': 'x' }, undefined), { code: 'InvalidRedirectLocation' })
  await t.rejects(copy('nothing'), { code: 'InvalidArgument' })
  t.notOk(pfs.calls.includes('write'))
})
