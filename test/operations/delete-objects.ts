import t from 'tap'
import { deleteObjects } from '../../lib/operations/delete-objects'
import { toS3Error } from '../../lib/operations/failure'
import { PfsError } from '../../lib/pfs/failure'
import { S3Error } from '../../lib/s3/error'
import { callOf, headersOf } from '../support/call'
import { contentOf, textsOf } from '../support/document'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.images.default'
const scope = { kind: 'bucket', bucket } as const
const sent = { 'content-md5': 'verified before the operation runs' }

const version = '0123456789ab4123456789abcdef0123'
const key = (name: string, more = '') => `<Object><Key>${name}</Key>${more}</Object>`
const ask = (pfs: FakePfs, inner: string, headers: Record<string, string> = sent, on = bucket) =>
  deleteObjects.run(callOf(pfs, { ...scope, bucket: on }, { method: 'POST', query: 'delete', headers, xml: `<Delete>${inner}</Delete>` }))

t.test('many keys are one commit; absent ones and repeated ones are deleted too', async (t) => {
  const pfs = new FakePfs()
  const before = await pfs.seed(bucket, { a: '1', 'b&c': '2', d: '3', 'dir/x': '4' })
  const reply = await ask(pfs, key('a') + key('b&amp;c') + key('absent') + key('a') + key('dir'))
  t.equal(contentOf(reply), ['a', 'b&amp;c', 'absent', 'a', 'dir'].map((name) => `<Deleted><Key>${name}</Key></Deleted>`).join(''))
  t.strictSame(pfs.calls, ['write'])
  t.strictSame([pfs.text(bucket, 'a'), pfs.text(bucket, 'b&c'), pfs.text(bucket, 'd'), pfs.text(bucket, 'dir/x')], [undefined, undefined, '3', '4'])
  t.not(pfs.head(bucket), before)
  t.equal(headersOf(reply)['x-amz-version-id'], pfs.head(bucket))
})

t.test('quiet answers errors only', async (t) => {
  const pfs = new FakePfs()
  await pfs.seed(bucket, { a: '1' })
  const reply = await ask(pfs, `<Quiet>true</Quiet>${key('a')}${key('b', '<VersionId>null</VersionId>')}`)
  t.equal(contentOf(reply), '<Error><Key>b</Key><VersionId>null</VersionId><Code>NotImplemented</Code>' +
    '<Message>Deleting a version is not implemented.</Message></Error>')
  t.equal(pfs.text(bucket, 'a'), undefined)
})

t.test('what is refused of one key does not touch the others, nor the key', async (t) => {
  const pfs = new FakePfs()
  await pfs.seed(bucket, { a: '1', b: '2', c: '3', e: '4' })
  const reply = await ask(pfs, key('a', `<VersionId>${version}</VersionId>`) + key('b', '<ETag>"wrong"</ETag>') + key('c', '<Size>1</Size>') +
    key('x'.repeat(1025)) + key('gone', '<Size>1</Size>') + key('e', '<Size>many</Size>') + key('c', '<Size>2</Size>') + key('c', '<Size>1</Size>'))
  t.strictSame(textsOf(reply, 'Code'), ['NotImplemented', 'PreconditionFailed', 'KeyTooLongError', 'NoSuchKey', 'InvalidArgument', 'InvalidRequest'])
  t.equal(contentOf(reply).match(/<Deleted>/g)?.length, 2)
  t.strictSame(['a', 'b', 'c', 'e'].map((name) => pfs.text(bucket, name)), ['1', '2', undefined, '4'])
  t.strictSame(pfs.calls, ['write'])
})

t.test('a commit is named only where something was deleted', async (t) => {
  const pfs = new FakePfs()
  await pfs.seed(bucket, { a: '1', b: '2' })
  const refused = key('a', '<ETag>"wrong"</ETag>')
  t.equal(headersOf(await ask(pfs, refused))['x-amz-version-id'], undefined)
  const reply = await ask(pfs, refused + key('b'))
  t.equal(headersOf(reply)['x-amz-version-id'], pfs.head(bucket))
})

t.test('where no key is left to delete, no commit is made', async (t) => {
  const pfs = new FakePfs()
  const head = await pfs.seed(bucket, { a: '1' })
  const old = key('a', `<VersionId>${version}</VersionId>`)
  const answer = await ask(pfs, old)
  t.strictSame(textsOf(answer, 'Code'), ['NotImplemented'])
  t.equal(headersOf(answer)['x-amz-version-id'], undefined)
  t.strictSame(textsOf(await ask(pfs, key('a', '<VersionId>null</VersionId>')), 'Code'), ['NotImplemented'], 'as in DeleteObject')
  t.strictSame(textsOf(await ask(pfs, key('a', '<VersionId>v</VersionId>')), 'Message'), ['Invalid version id specified'], 'as in DeleteObject')
  t.equal(pfs.head(bucket), head)
  await t.rejects(ask(pfs, old, sent, 'dev.images.default'), new PfsError('no-bucket', 'dev.images.default'))
  const commit = `${head}.${bucket}`
  for (const inner of [old, key('a')]) await t.rejects(ask(pfs, inner, sent, commit), new PfsError('read-only', commit))
  t.equal(pfs.text(bucket, 'a'), '1')
})

t.test('a digest must have come with the list', async (t) => {
  const pfs = new FakePfs()
  await pfs.seed(bucket, { a: '1' })
  for (const headers of [{}, { 'x-amz-checksum-mode': 'ENABLED' }]) {
    const missing = 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*'
    await t.rejects(ask(pfs, key('a'), headers), new S3Error('InvalidRequest', {}, { message: missing }))
  }
  t.equal(pfs.text(bucket, 'a'), '1')
  for (const headers of [{ 'x-amz-checksum-crc32': 'AAAAAA==' }, { 'x-amz-checksum-sha512': 'x' }, { 'x-amz-trailer': 'x-amz-checksum-crc32' }]) {
    t.equal((await ask(pfs, key('a'), headers)).status, 200)
  }
  await t.rejects(ask(pfs, ''), new S3Error('MalformedXML'))
  await t.rejects(ask(pfs, key('a').repeat(1001)), new S3Error('MalformedXML'))
})

t.test('trouble behind the contract is the refusal it stands for, or a fault', (t) => {
  for (const [kind, status, code] of [
    ['no-bucket', 404, 'NoSuchBucket'], ['no-version', 404, 'NoSuchVersion'], ['no-upload', 404, 'NoSuchUpload'],
    ['bad-name', 400, 'InvalidBucketName'], ['bad-path', 400, 'InvalidFilePath'], ['not-empty', 409, 'BucketNotEmpty'],
    ['read-only', 405, 'MethodNotAllowed'], ['snapshot-gone', 400, 'InvalidArgument'], ['head-moved', 409, 'ConditionalRequestConflict'],
    ['head-open', 503, 'SlowDown'], ['denied', 403, 'AccessDenied'], ['unauthenticated', 403, 'InvalidAccessKeyId'],
    ['upload-claimed', 503, 'SlowDown'], ['unavailable', 503, 'ServiceUnavailable'], ['exhausted', 503, 'SlowDown'], ['full', 507, 'InsufficientStorage'],
    ['too-large', 400, 'EntityTooLarge'],
  ] as const) {
    const refusal = toS3Error(new PfsError(kind, 'a secret of the server'))
    t.strictSame([refusal?.status, refusal?.code], [status, code])
    t.notMatch(refusal?.message, 'secret')
  }
  const open = '0123456789ab4123456789abcdef0123'
  t.match(toS3Error(new PfsError('head-open', 'x', undefined, open))?.message, open, 'an open commit is named')
  const own = new S3Error('NoSuchKey')
  t.equal(toS3Error(own), own)
  for (const fault of [new PfsError('internal', 'x'), new Error('x'), undefined, 'x']) t.equal(toS3Error(fault), undefined)
  t.end()
})
