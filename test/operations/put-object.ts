import { createHash } from 'node:crypto'
import t from 'tap'
import { getObject } from '../../lib/operations/get-object'
import { putObject } from '../../lib/operations/put-object'
import { PfsError } from '../../lib/pfs/failure'
import { callOf, headersOf, objectScope, textOf, type CallOptions } from '../support/call'
import { countStages } from '../support/counted-stages'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

async function begin(objects = {}) {
  const pfs = new FakePfs()
  await pfs.seed(bucket, objects)
  const stages = countStages(pfs)
  const put = (options: CallOptions = {}, key = 'k') => putObject.run(callOf(pfs, objectScope(bucket, key), { method: 'PUT', ...options }))
  return { pfs, stages, put }
}

t.test('stores the body and what was said of it', async (t) => {
  const { pfs, stages, put } = await begin()
  const checksum = { algorithm: 'CRC32' as const, digest: Buffer.from('cbf43926', 'hex') }
  const reply = await put({ body: '123456789', headers: { 'Content-Type': 'a/b', 'x-amz-meta-x': 'y' }, checksum })
  t.equal(reply.status, 200)
  t.same(reply.body, { kind: 'none' })
  t.same(headersOf(reply), {
    etag: `"${md5('123456789')}"`, 'x-amz-version-id': pfs.head(bucket),
    'x-amz-checksum-crc32': 'y/Q5Jg==', 'x-amz-checksum-type': 'FULL_OBJECT',
  })
  t.same(pfs.calls, ['stage', 'write'], 'a small unconditional body asks nothing first')
  const read = await getObject.run(callOf(pfs, objectScope(bucket, 'k'), { headers: { 'x-amz-checksum-mode': 'enabled' } }))
  t.equal(await textOf(read), '123456789')
  t.match(headersOf(read), {
    etag: `"${md5('123456789')}"`, 'content-type': 'a/b', 'x-amz-meta-x': 'y',
    'x-amz-checksum-crc32': 'y/Q5Jg==', 'x-amz-version-id': pfs.head(bucket),
  })
  t.equal(stages.live(), 0)
})

t.test('an empty body is an object', async (t) => {
  const { pfs, put } = await begin()
  t.equal(headersOf(await put({}, 'dir/'))['etag'], '"d41d8cd98f00b204e9800998ecf8427e"')
  t.equal(pfs.text(bucket, 'dir/'), '')
})

t.test('whatever the head can decide is decided before the body', async (t) => {
  const { pfs, put } = await begin()
  const refused: [CallOptions, string][] = [
    [{ headers: { 'x-amz-meta-a': 'x'.repeat(2048) } }, 'MetadataTooLarge'],
    [{ headers: { 'x-amz-storage-class': 'GLACIER' } }, 'InvalidStorageClass'],
    [{ headers: { 'x-amz-server-side-encryption': 'AES256' } }, 'NotImplemented'],
    [{ headers: { 'If-None-Match': 'x' } }, 'NotImplemented'],
    [{ query: 'versionId=0123456789ab4def0123456789abcdef' }, 'InvalidArgument'],
  ]
  for (const [options, code] of refused) await t.rejects(put({ body: 'x', ...options }), { code }, code)
  t.same(pfs.calls, [])
})

t.test('a condition is judged before the body and again where the commit is built', async (t) => {
  const { pfs, stages, put } = await begin({ k: 'old' })
  const members = { Condition: 'If-None-Match' }
  await t.rejects(put({ body: 'new', headers: { 'If-None-Match': '*' } }), { code: 'PreconditionFailed', members })
  t.same(pfs.calls, ['snapshot', 'stat'], 'the body is not asked for')
  await t.rejects(put({ body: 'new', headers: { 'If-Match': md5('other') } }), { code: 'PreconditionFailed' })
  await t.rejects(put({ body: 'new', headers: { 'If-Match': '*' } }, 'absent'), { code: 'NoSuchKey' })
  await put({ body: 'new', headers: { 'If-None-Match': '*' } }, 'fresh')
  // A neighbour creates the key between the first look and the commit.
  const call = callOf(pfs, objectScope(bucket, 'raced'), { method: 'PUT', body: 'mine', headers: { 'If-None-Match': '*' } })
  const into = call.body.into
  call.body.into = async (sink) => { await put({ body: 'theirs' }, 'raced'); return into(sink) }
  await t.rejects(putObject.run(call), { code: 'PreconditionFailed' })
  t.equal(pfs.text(bucket, 'raced'), 'theirs')
  t.equal(stages.live(), 0)
})

t.test('a long body learns of a missing or read-only bucket first', async (t) => {
  const { pfs, put } = await begin()
  const version = pfs.head(bucket)
  await put({ body: Buffer.alloc(256 * 1024 + 1) })
  t.same(pfs.calls, ['bucket', 'stage', 'write'])
  pfs.calls.length = 0
  await put({ body: 'x', lengthKnown: false })
  t.same(pfs.calls, ['bucket', 'stage', 'write'])
  pfs.calls.length = 0
  const into = (name: string) => putObject.run(callOf(pfs, objectScope(name, 'k'), { body: 'x', lengthKnown: false }))
  await t.rejects(into(`${version}.${bucket}`), { code: 'MethodNotAllowed' })
  await t.rejects(into('master.absent.default'), { name: 'PfsError', kind: 'no-bucket' })
  t.same(pfs.calls, ['bucket', 'bucket'])
})

t.test('a commit bucket is read-only before any condition is asked', async (t) => {
  const { pfs } = await begin({ k: 'old' })
  const call = callOf(pfs, objectScope(`${pfs.head(bucket)}.${bucket}`, 'k'), { method: 'PUT', body: 'x', headers: { 'If-None-Match': '*' } })
  await t.rejects(putObject.run(call), { code: 'MethodNotAllowed' })
})

t.test('nothing that fails is left behind or visible', async (t) => {
  const { pfs, stages, put } = await begin({ k: 'old' })
  await t.rejects(put({ body: new Error('truncated') }), { message: 'truncated' })
  await t.rejects(put({ body: 'new', gone: () => true }), { name: 'PfsError', kind: 'abandoned' })
  pfs.fail.set('write', new PfsError('unavailable', 'down'))
  await t.rejects(put({ body: 'new' }), { name: 'PfsError', kind: 'unavailable' })
  pfs.fail.clear()
  const call = callOf(pfs, objectScope(bucket, 'k'), { body: 'new' })
  call.body.into = async () => ({ size: 3, md5: undefined, checksum: undefined })
  await t.rejects(putObject.run(call), /MD5/)
  t.equal(stages.live(), 0)
  t.equal(pfs.text(bucket, 'k'), 'old')
})
