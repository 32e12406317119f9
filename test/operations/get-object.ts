import t from 'tap'
import type { Reply } from '../../lib/kit/reply'
import { getObject } from '../../lib/operations/get-object'
import { headObject } from '../../lib/operations/head-object'
import { httpDate } from '../../lib/s3/date'
import { callOf, headersOf, objectScope, textOf, type CallOptions } from '../support/call'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'
const md5 = '781e5e245d69b566979b86e28d23f2c7'
const entries = { 'd:md5': md5, 'd:crc32': 'y/Q5Jg==', cc: 'no-cache', ex: 'never', 'm:a': 'b' }
const parts = { numbers: [1, 2], sizes: [6, 4], checksumAlgorithm: 'CRC32', checksums: [Buffer.alloc(4, 1), Buffer.alloc(4, 2)] }

async function begin(attributes: { entries: Record<string, string>, parts?: typeof parts } = { entries }) {
  const pfs = new FakePfs()
  const version = await pfs.seed(bucket, { 'k.csv': '0123456789' }, attributes)
  const call = (options: CallOptions, key: string, from: string) => callOf(pfs, objectScope(from, key), options)
  return {
    pfs,
    version,
    get: (options: CallOptions = {}, key = 'k.csv', from = bucket): Promise<Reply> => getObject.run(call(options, key, from)),
    head: (options: CallOptions = {}, key = 'k.csv', from = bucket): Promise<Reply> => headObject.run(call(options, key, from)),
  }
}

t.test('what is remembered of an object is answered without reading it', async (t) => {
  const { pfs, get, head } = await begin()
  const read = await get()
  pfs.remembered.set('k.csv', Buffer.from('0123456789'))
  pfs.calls.length = 0
  const reply = await get()
  t.same(pfs.calls, ['snapshot', 'stat'])
  t.same(headersOf(reply), headersOf(read))
  t.same(reply.body, { kind: 'bytes', bytes: Buffer.from('0123456789') })
  const range = await get({ headers: { range: 'bytes=2-4' } })
  t.equal(range.status, 206)
  t.equal(await textOf(range), '234')
  t.match((await head()).body, { kind: 'length-only', length: 10 })
})

t.test('only who may want all of an object asks for its bytes', async (t) => {
  const { pfs, get, head } = await begin()
  await head({ method: 'HEAD' })
  await get({ headers: { range: 'bytes=2-4' } })
  await get({ query: 'partNumber=1' })
  await get({ headers: { 'if-none-match': `"${md5}"` } })
  await get({ headers: { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:02 GMT' } })
  await get({ headers: { 'if-match': `"${md5}"` } })
  await get({ headers: { 'if-unmodified-since': 'Thu, 01 Jan 2026 00:00:02 GMT' } })
  t.equal(pfs.bodiesWanted, 0)
  await get()
  t.equal(pfs.bodiesWanted, 1)
})

t.test('GET answers the object in three calls, HEAD its headers in two', async (t) => {
  const { pfs, version, get, head } = await begin()
  const reply = await get()
  t.same(pfs.calls, ['snapshot', 'stat', 'read'])
  t.equal(reply.status, 200)
  t.match(reply.body, { kind: 'source', length: 10 })
  t.same(headersOf(reply), {
    'accept-ranges': 'bytes', etag: `"${md5}"`, 'last-modified': 'Thu, 01 Jan 2026 00:00:02 GMT', 'x-amz-version-id': version,
    'content-type': 'text/csv', 'cache-control': 'no-cache', expires: 'never', 'x-amz-meta-a': 'b',
  })
  t.equal(await textOf(reply), '0123456789')
  pfs.calls.length = 0
  const answer = await head()
  t.same(pfs.calls, ['snapshot', 'stat'])
  t.same(headersOf(answer), headersOf(reply))
  t.same(answer.body, { kind: 'length-only', length: 10 })
})

t.test('ranges and parts', async (t) => {
  const { pfs, get, head } = await begin({ entries: { ...entries, 'd:crc32': 'y/Q5Jg==-2' }, parts })
  const ranged = await get({ headers: { Range: 'bytes=2-4', 'x-amz-checksum-mode': 'ENABLED' } })
  t.equal(ranged.status, 206)
  t.equal(headersOf(ranged)['content-range'], 'bytes 2-4/10')
  t.equal(headersOf(ranged)['x-amz-checksum-crc32'], undefined, 'no checksum that is not of these bytes')
  t.equal(headersOf(ranged)['x-amz-mp-parts-count'], undefined)
  t.equal(await textOf(ranged), '234')
  const part = await get({ query: 'partNumber=2', headers: { 'x-amz-checksum-mode': 'ENABLED' } })
  t.equal(part.status, 206)
  t.match(headersOf(part), { 'content-range': 'bytes 6-9/10', 'x-amz-mp-parts-count': '2', 'x-amz-checksum-crc32': 'AgICAg==' })
  t.equal(await textOf(part), '6789')
  const answer = await head({ headers: { Range: 'bytes=-3' } })
  t.equal(answer.status, 206)
  t.same(answer.body, { kind: 'length-only', length: 3 })
  const several = await get({ headers: { Range: 'bytes=0-1,5-6' } })
  t.equal(several.status, 200)
  t.equal(await textOf(several), '0123456789')
  pfs.calls.length = 0
  await t.rejects(get({ headers: { Range: 'bytes=10-' } }), { code: 'InvalidRange', headers: [['Content-Range', 'bytes */10']] })
  await t.rejects(get({ query: 'partNumber=3' }), { code: 'InvalidPartNumber' })
  await t.rejects(get({ query: 'partNumber=2', headers: { Range: 'bytes=0-1' } }), { code: 'InvalidRequest' })
  t.notOk(pfs.calls.includes('read'))
})

t.test('an interrupted download goes on with the same object only', async (t) => {
  const { get } = await begin()
  t.equal((await get({ headers: { Range: 'bytes=2-4', 'If-Range': `"${md5}"` } })).status, 206)
  t.equal((await get({ headers: { Range: 'bytes=2-4', 'If-Range': '"other"' } })).status, 200)
})

t.test('checksums are shown to who asks', async (t) => {
  const { get, head } = await begin()
  t.equal(headersOf(await get())['x-amz-checksum-crc32'], undefined)
  const shown = { 'x-amz-checksum-crc32': 'y/Q5Jg==', 'x-amz-checksum-type': 'FULL_OBJECT' }
  t.match(headersOf(await get({ headers: { 'x-amz-checksum-mode': 'ENABLED' } })), shown)
  t.match(headersOf(await head({ headers: { 'x-amz-checksum-mode': 'enabled' } })), shown)
  t.equal(headersOf(await get({ headers: { 'x-amz-checksum-mode': 'ENABLED', Range: 'bytes=0-' } }))['x-amz-checksum-crc32'], undefined)
  const onlyPart = await get({ query: 'partNumber=1', headers: { 'x-amz-checksum-mode': 'ENABLED' } })
  t.equal(onlyPart.status, 206)
  t.match(headersOf(onlyPart), { ...shown, 'content-range': 'bytes 0-9/10' }, 'the one part of an object written whole is all of it')
})

t.test('conditions: 304 with what a cache needs, 412 by name', async (t) => {
  const { pfs, version, get, head } = await begin()
  const reply = await get({ headers: { 'If-None-Match': `"${md5}"` } })
  t.equal(reply.status, 304)
  t.same(reply.body, { kind: 'none' })
  t.same(headersOf(reply), {
    etag: `"${md5}"`, 'last-modified': 'Thu, 01 Jan 2026 00:00:02 GMT', 'x-amz-version-id': version,
    'cache-control': 'no-cache', expires: 'never',
  })
  t.equal((await head({ headers: { 'If-Modified-Since': httpDate(new Date(Date.UTC(2026, 0, 2))) } })).status, 304)
  await t.rejects(get({ headers: { 'If-Match': '"other"' } }), { code: 'PreconditionFailed', members: { Condition: 'If-Match' } })
  t.notOk(pfs.calls.includes('read'))
})

t.test('an empty object needs no read', async (t) => {
  const { pfs, get } = await begin()
  await pfs.seed(bucket, { empty: '' })
  const reply = await get({}, 'empty')
  t.equal(reply.status, 200)
  t.match(reply.body, { kind: 'bytes', bytes: Buffer.alloc(0) })
  t.match(headersOf(reply)['etag'], /^"[0-9a-f]{32}-1"$/)
  t.notOk(pfs.calls.includes('read'))
  await t.rejects(get({ headers: { Range: 'bytes=0-' } }, 'empty'), { code: 'InvalidRange' })
})

t.test('versions', async (t) => {
  const { pfs, version, get } = await begin()
  const later = await pfs.seed(bucket, { 'k.csv': 'new', other: 'x' })
  t.equal(await textOf(await get()), 'new')
  const old = await get({ query: `versionId=${version}` })
  t.equal(await textOf(old), '0123456789')
  t.equal(headersOf(old)['x-amz-version-id'], version)
  t.equal(await textOf(await get({}, 'k.csv', `${version}.${bucket}`)), '0123456789')
  const asked = headersOf(await get({}, 'k.csv', `${later}.master.foo`))
  t.equal(asked['x-amz-version-id'], later, 'the version that the bucket names')
  await t.rejects(get({ query: `versionId=${version}` }, 'other'), { code: 'NoSuchVersion', members: { Key: 'other', VersionId: version } })
  await t.rejects(get({}, 'other', `${version}.${bucket}`), { code: 'NoSuchKey' })
  await t.rejects(get({}, 'absent'), { code: 'NoSuchKey', members: { Key: 'absent' } })
  const unknown = 'ffffffffffff4fffffffffffffffffff'
  await t.rejects(get({ query: `versionId=${unknown}` }), { code: 'NoSuchVersion', members: { Key: 'k.csv', VersionId: unknown } })
  await t.rejects(get({ query: 'versionId=' }), { code: 'InvalidArgument', message: 'Version id cannot be the empty string' })
  await t.rejects(get({ query: 'versionId=abc' }), { code: 'InvalidArgument', message: 'Invalid version id specified' })
  await t.rejects(get({ query: 'versionId=null' }), { code: 'NoSuchVersion' })
})

t.test('signed reads may choose response headers', async (t) => {
  const { pfs, get, head } = await begin()
  const query = 'response-content-type=text/plain&response-cache-control=max-age%3D1' +
    '&response-content-disposition=a%3B%20filename%3D%22%C3%A9%22&response-content-encoding=x&response-content-language=de&response-expires='
  const chosen = {
    'content-type': 'text/plain', 'cache-control': 'max-age=1', 'content-disposition': 'a; filename="\xe9"', 'content-encoding': 'x',
    'content-language': 'de', expires: 'never',
  }
  t.match(headersOf(await get({ query, headers: { Authorization: 'AWS4-HMAC-SHA256 x' } })), chosen)
  t.match(headersOf(await head({ query: `${query}&X-Amz-Signature=x` })), chosen)
  t.match(headersOf(await get({ query: `${query}&Signature=x` })), chosen)
  pfs.calls.length = 0
  const message = 'Request specific response headers cannot be used for anonymous GET requests.'
  await t.rejects(get({ query }), { code: 'InvalidRequest', message })
  for (const value of ['a%0D%0Ab', '%00', '%E6%97%A5']) {
    await t.rejects(get({ query: `response-content-type=${value}&Signature=x` }),
      { code: 'InvalidArgument', message: 'Header value cannot be represented using ISO-8859-1.' }, value)
  }
  await t.rejects(get({ headers: { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' } }), { code: 'InvalidRequest' })
  t.same(pfs.calls, [])
})
