import t from 'tap'
import type { Reply } from '../../lib/kit/reply'
import { createBucket } from '../../lib/operations/create-bucket'
import { deleteBucket } from '../../lib/operations/delete-bucket'
import { getBucketLocation } from '../../lib/operations/get-bucket-location'
import { getBucketVersioning } from '../../lib/operations/get-bucket-versioning'
import { headBucket } from '../../lib/operations/head-bucket'
import { listBuckets } from '../../lib/operations/list-buckets'
import { toS3Error } from '../../lib/operations/failure'
import { bucketsToken } from '../../lib/s3/continuation-token'
import { callOf, headersOf } from '../support/call'
import { contentOf, textsOf } from '../support/document'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.images.default'
const scope = { kind: 'bucket', bucket } as const
const service = { kind: 'service' } as const

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'fulfilled'
  } catch (error) {
    const refused = toS3Error(error)
    return refused === undefined ? String(error) : `${refused.status} ${refused.code}`
  }
}

const configuration = (inner: string) => `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</CreateBucketConfiguration>`

t.test('CreateBucket', async (t) => {
  const pfs = new FakePfs()
  const create = (options = {}) => createBucket.run(callOf(pfs, scope, options))
  for (const options of [{}, {}, { xml: configuration('<LocationConstraint>eu-west-1</LocationConstraint>') },
    { headers: { 'x-amz-acl': 'private', 'x-amz-bucket-object-lock-enabled': 'false', 'x-amz-object-ownership': 'BucketOwnerEnforced' } }]) {
    const reply = await create(options)
    t.equal(reply.status, 200)
    t.strictSame(headersOf(reply), { location: `/${bucket}` })
  }
  t.strictSame((await pfs.buckets()).map(({ name }) => name), [bucket])
  pfs.calls.length = 0
  t.equal(await refusal(create({ xml: '<x' })), '400 MalformedXML')
  t.equal(await refusal(create({ headers: { 'x-amz-bucket-object-lock-enabled': 'true' } })), '501 NotImplemented')
  t.equal(await refusal(create({ headers: { 'x-amz-object-ownership': 'ObjectWriter' } })), '501 NotImplemented')
  t.match(await refusal(create({ headers: { 'x-amz-acl': 'public-read' } })), 'AccessControlListNotSupported')
  t.match(await refusal(create({ headers: { 'x-amz-grant-read': 'id="x"' } })), 'AccessControlListNotSupported')
  t.strictSame(pfs.calls, [], 'what is refused is not created')
  const commit = { kind: 'bucket', bucket: `${pfs.head(bucket)}.${bucket}` } as const
  t.equal(await refusal(createBucket.run(callOf(pfs, commit))), '405 MethodNotAllowed')
})

t.test('DeleteBucket', async (t) => {
  const pfs = new FakePfs()
  const remove = () => deleteBucket.run(callOf(pfs, scope))
  t.equal(await refusal(remove()), '404 NoSuchBucket')
  await pfs.seed(bucket, { a: 'x' })
  t.equal(await refusal(remove()), '409 BucketNotEmpty')
  await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a' }] })
  t.equal((await remove()).status, 204)
  t.equal(await refusal(remove()), '404 NoSuchBucket')
})

t.test('HeadBucket, GetBucketLocation and GetBucketVersioning ask whether the bucket is there, and no more', async (t) => {
  const pfs = new FakePfs()
  for (const { run } of [headBucket, getBucketLocation, getBucketVersioning]) t.equal(await refusal(run(callOf(pfs, scope))), '404 NoSuchBucket')
  await pfs.seed(bucket, { a: 'x' })
  t.strictSame(await headBucket.run(callOf(pfs, scope)), {
    status: 200, headers: [['x-amz-bucket-region', 'us-east-1'], ['x-amz-access-point-alias', 'false']], body: { kind: 'none' },
  })
  t.equal(contentOf(await getBucketLocation.run(callOf(pfs, scope))), '')
  t.equal(contentOf(await getBucketVersioning.run(callOf(pfs, scope))), '<Status>Enabled</Status>')
  t.strictSame(pfs.calls, ['bucket', 'bucket', 'bucket'])
})

t.test('ListBuckets', async (t) => {
  const pfs = new FakePfs()
  const list = (query = ''): Promise<Reply> => listBuckets.run(callOf(pfs, service, { query }))
  const names = async (query = '') => textsOf(await list(query), 'Name')
  t.equal(contentOf(await list()), '<Owner><ID>pfs</ID><DisplayName>pfs</DisplayName></Owner><Buckets></Buckets>')
  for (const name of ['b.x', 'a.x.p', 'c.x', 'a.x.q']) await pfs.seed(name)
  t.match(contentOf(await list()), '<Bucket><Name>a.x.p</Name><CreationDate>2026-01-01T00:00:00.000Z</CreationDate>' +
    '<BucketRegion>us-east-1</BucketRegion></Bucket>')
  t.strictSame(await names(), ['a.x.p', 'a.x.q', 'b.x.default', 'c.x.default'])
  t.strictSame(await names('prefix=a.'), ['a.x.p', 'a.x.q'])
  t.strictSame(textsOf(await list('prefix=a.%26'), 'Prefix'), ['a.&amp;'])
  t.strictSame(await names('bucket-region=eu-west-1'), [])
  t.strictSame((await names('bucket-region=us-east-1')).length, 4)
  const first = await list('max-buckets=3')
  const token = textsOf(first, 'ContinuationToken')[0] ?? ''
  t.strictSame(textsOf(first, 'Name'), ['a.x.p', 'a.x.q', 'b.x.default'])
  t.strictSame(await names(`max-buckets=3&continuation-token=${token}`), ['c.x.default'])
  t.strictSame(textsOf(await list('max-buckets=4'), 'ContinuationToken'), [])
  t.strictSame(await names(`continuation-token=${bucketsToken('b')}`), ['b.x.default', 'c.x.default'])
  for (const max of ['0', '-1', '10001', 'x', '1e3']) t.equal(await refusal(list(`max-buckets=${max}`)), '400 InvalidArgument', max)
  for (const bad of ['x', '!', 'AQ']) t.equal(await refusal(list(`continuation-token=${bad}`)), '400 InvalidArgument', bad)
})
