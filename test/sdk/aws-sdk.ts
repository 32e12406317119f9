import t from 'tap'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetBucketLocationCommand,
  GetBucketVersioningCommand, GetObjectAttributesCommand, GetObjectCommand, GetObjectTaggingCommand, HeadBucketCommand, HeadObjectCommand,
  ListBucketsCommand, PutObjectCommand, type ChecksumAlgorithm, type S3Client,
} from '@aws-sdk/client-s3'
import { etagOf } from '../support/etag'
import { contentOf, pattern, refusalOf, startEndpoint } from '../support/sdk'

/*
 * What an unmodified client of AWS does, over http and https: its checksums, its trailers, its retries. Over http a buffer's
 * real SHA-256 is signed, over https nothing is; streams come with an unsigned trailer in both.
 */

const sizes = [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 1024 * 1024, 6 * 1024 * 1024]

async function bytesOf(client: S3Client, input: { Bucket: string, Key: string, VersionId?: string, Range?: string }): Promise<Buffer> {
  return contentOf(await client.send(new GetObjectCommand(input)))
}

for (const scheme of ['http', 'https'] as const) {
  t.test(scheme, async (t) => {
    const endpoint = await startEndpoint(t, { scheme })
    const client = endpoint.client()
    const Bucket = 'master.repo.tests'

    await t.test('buckets', async (t) => {
      await client.send(new CreateBucketCommand({ Bucket }))
      await client.send(new CreateBucketCommand({ Bucket: 'dev.repo.tests' }))
      t.equal(await refusalOf(client.send(new CreateBucketCommand({ Bucket }))), 'none', 'one\'s own bucket again')
      const { Buckets } = await client.send(new ListBucketsCommand({ Prefix: 'master.' }))
      t.same(Buckets?.map(({ Name }) => Name), [Bucket])
      t.ok(Buckets?.[0]?.CreationDate instanceof Date)
      const page = await client.send(new ListBucketsCommand({ MaxBuckets: 1 }))
      t.same(page.Buckets?.map(({ Name }) => Name), ['dev.repo.tests'])
      const rest = await client.send(new ListBucketsCommand({ MaxBuckets: 1, ContinuationToken: page.ContinuationToken }))
      t.same(rest.Buckets?.map(({ Name }) => Name), [Bucket])
      t.equal((await client.send(new HeadBucketCommand({ Bucket }))).$metadata.httpStatusCode, 200)
      t.equal((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, undefined)
      t.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled')
      await client.send(new DeleteBucketCommand({ Bucket: 'dev.repo.tests' }))
      t.equal(await refusalOf(client.send(new HeadBucketCommand({ Bucket: 'dev.repo.tests' }))), '404 NotFound')
    })

    await t.test('every size, as a buffer and as a stream', async (t) => {
      for (const size of sizes) {
        const content = pattern(size, size + 1)
        for (const form of ['buffer', 'stream'] as const) {
          const Key = `sizes/${form}/${String(size)}`
          const Body = form === 'buffer' ? content : Readable.from(size === 0 ? [] : [content.subarray(0, size >> 1), content.subarray(size >> 1)])
          const put = await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: size }))
          t.equal(put.ETag, etagOf(content), `${Key}: ETag`)
          t.match(put.ChecksumCRC32, /^[\w+/]{6}==$/, `${Key}: checksum`)
          t.match(put.VersionId, /^[0-9a-f]{32}$/, `${Key}: version`)
          const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
          t.same([head.ContentLength, head.ETag, head.VersionId], [size, put.ETag, put.VersionId])
          t.ok((await bytesOf(client, { Bucket, Key })).equals(content), `${Key}: bytes`)
        }
      }
    })

    await t.test('checksums of every algorithm, as header and as trailer', async (t) => {
      const content = pattern(70_000)
      const algorithms: ChecksumAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']
      for (const ChecksumAlgorithm of algorithms) {
        for (const Body of [content, Readable.from([content])]) {
          const Key = `checksums/${ChecksumAlgorithm}`
          const member = `Checksum${ChecksumAlgorithm}` as const
          const put = await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: content.length, ChecksumAlgorithm }))
          t.ok(put[member], `${member} in the answer to a PUT`)
          const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
          t.equal(got[member], put[member])
          t.equal(got.ChecksumType, 'FULL_OBJECT')
          t.ok((await contentOf(got)).equals(content), 'bytes that the client verified')
          const attributes = await client.send(new GetObjectAttributesCommand({
            Bucket, Key, ObjectAttributes: ['Checksum', 'ETag', 'ObjectSize', 'StorageClass'],
          }))
          t.equal(attributes.Checksum?.[member], put[member])
          t.same([attributes.ETag, attributes.ObjectSize, attributes.VersionId], [etagOf(content).slice(1, -1), content.length, put.VersionId])
        }
      }
      // This client computes none of these: what it is told is sent, held to, kept and shown.
      const told = {
        ChecksumSHA512: createHash('sha512').update(content).digest('base64'), ChecksumMD5: createHash('md5').update(content).digest('base64'),
        ChecksumXXHASH3: 'NEtteEDyWWY=', ChecksumXXHASH64: 'tnC1YbU7mzY=', ChecksumXXHASH128: 's+HCXECoNA40S214QPJZZg==',
      }
      for (const [member, value] of Object.entries(told)) {
        const Key = `checksums/${member}`
        t.match(await client.send(new PutObjectCommand({ Bucket, Key, Body: content, [member]: value })), { [member]: value, ChecksumType: 'FULL_OBJECT' })
        t.match(await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' })), { [member]: value })
        const other = client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', [member]: value }))
        t.equal(await refusalOf(other), '400 BadDigest', member)
      }
      await client.send(new PutObjectCommand({ Bucket, Key: 'checksums/content-md5', Body: content, ChecksumAlgorithm: 'MD5' }))
      const wrong = client.send(new PutObjectCommand({ Bucket, Key: 'checksums/wrong', Body: content, ChecksumCRC32: 'AAAAAA==' }))
      t.equal(await refusalOf(wrong), '400 BadDigest')
      const wrongMd5 = client.send(new PutObjectCommand({ Bucket, Key: 'checksums/wrong', Body: content, ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }))
      t.equal(await refusalOf(wrongMd5), '400 BadDigest')
      t.equal(await refusalOf(client.send(new HeadObjectCommand({ Bucket, Key: 'checksums/wrong' }))), '404 NotFound')
    })

    await t.test('metadata, content headers and overrides', async (t) => {
      const Key = 'metadata.csv'
      const Metadata = { plain: 'value', spaced: 'a  b', umlaut: 'Grüße aus Köln', 'mixed-case-name': '1,2;3' }
      const Expires = new Date(Date.UTC(2030, 0, 1))
      await client.send(new PutObjectCommand({
        Bucket, Key, Body: 'a,b', Metadata, CacheControl: 'max-age=60', ContentDisposition: 'attachment; filename="x"',
        ContentEncoding: 'gzip', ContentLanguage: 'de', ContentType: 'text/x-csv', Expires,
      }))
      for (const got of [await client.send(new HeadObjectCommand({ Bucket, Key })), await client.send(new GetObjectCommand({ Bucket, Key }))]) {
        t.match(got, {
          CacheControl: 'max-age=60', ContentDisposition: 'attachment; filename="x"', ContentEncoding: 'gzip', ContentLanguage: 'de',
          ContentType: 'text/x-csv', ExpiresString: Expires.toUTCString(),
        })
        t.same({ ...got.Metadata, umlaut: undefined }, { ...Metadata, umlaut: undefined })
        t.ok(got.Metadata?.['umlaut'], 'the non-ASCII value is there')
      }
      const streamed = Readable.from([Buffer.from('zip')])
      await client.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body: streamed, ContentLength: 3, ContentEncoding: 'br' }))
      t.equal((await client.send(new HeadObjectCommand({ Bucket, Key: 'streamed' }))).ContentEncoding, 'br', 'aws-chunked is not stored')
      const override = await client.send(new GetObjectCommand({ Bucket, Key, ResponseContentType: 'text/html', ResponseCacheControl: 'no-store' }))
      t.same([override.ContentType, override.CacheControl], ['text/html', 'no-store'])
      const big = (input: object): Promise<string> => refusalOf(client.send(new PutObjectCommand({ Bucket, Key: 'big', Body: '', ...input })))
      t.equal(await big({ Metadata: { big: 'x'.repeat(2049) } }), '400 MetadataTooLarge')
      t.equal(await big({ ContentDisposition: 'x'.repeat(16_000) }), '400 MetadataTooLarge')
      const fits = { ContentDisposition: 'x'.repeat(1024), CacheControl: 'y'.repeat(900), ContentType: 'a/b', Metadata: { big: '\u00fc'.repeat(1000) } }
      t.equal(await big(fits), 'none')
      const { ContentDisposition, CacheControl } = await client.send(new HeadObjectCommand({ Bucket, Key: 'big' }))
      t.same([ContentDisposition, CacheControl], [fits.ContentDisposition, fits.CacheControl])
    })

    await t.test('ranges', async (t) => {
      const content = pattern(600_000)
      await client.send(new PutObjectCommand({ Bucket, Key: 'ranges', Body: content }))
      const rows = [['bytes=0-0', 0, 1], ['bytes=5-99', 5, 100], ['bytes=-7', 599_993, 600_000], ['bytes=599999-', 599_999, 600_000],
        ['bytes=262143-262145', 262_143, 262_146], ['bytes=10-9999999', 10, 600_000]] as const
      for (const [Range, start, end] of rows) {
        const got = await client.send(new GetObjectCommand({ Bucket, Key: 'ranges', Range }))
        t.equal(got.$metadata.httpStatusCode, 206)
        t.equal(got.ContentRange, `bytes ${String(start)}-${String(end - 1)}/600000`)
        t.equal(got.ChecksumCRC32, undefined, 'no checksum of the whole object')
        t.ok((await contentOf(got)).equals(content.subarray(start, end)), Range)
        const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'ranges', Range }))
        t.same([head.$metadata.httpStatusCode, head.ContentLength], [206, end - start])
      }
      t.equal(await refusalOf(client.send(new GetObjectCommand({ Bucket, Key: 'ranges', Range: 'bytes=600000-' }))), '416 InvalidRange')
    })

    await t.test('versions and commit buckets', async (t) => {
      const Key = 'versions/file.txt'
      const first = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'old' }))
      const second = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'new!' }))
      const VersionId = first.VersionId ?? ''
      t.not(VersionId, second.VersionId)
      t.equal(String(await bytesOf(client, { Bucket, Key, VersionId })), 'old')
      t.equal(String(await bytesOf(client, { Bucket: `${VersionId}.${Bucket}`, Key })), 'old')
      t.equal((await client.send(new HeadObjectCommand({ Bucket, Key, VersionId }))).VersionId, VersionId)
      const gone = await client.send(new DeleteObjectCommand({ Bucket, Key }))
      t.match(gone.VersionId ?? '', /^[0-9a-f]{32}$/)
      t.equal(await refusalOf(client.send(new GetObjectCommand({ Bucket, Key }))), '404 NoSuchKey')
      t.equal(String(await bytesOf(client, { Bucket, Key, VersionId: second.VersionId ?? '' })), 'new!')
      t.match(await client.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId })), { TagSet: [], VersionId })
      t.match(await client.send(new GetObjectTaggingCommand({ Bucket: `${VersionId}.${Bucket}`, Key })), { TagSet: [], VersionId })
      t.equal(await refusalOf(client.send(new GetObjectTaggingCommand({ Bucket, Key }))), '404 NoSuchKey')
      const unknown = '0123456789ab4def8123456789abcdef'
      t.equal(await refusalOf(client.send(new GetObjectCommand({ Bucket, Key, VersionId: unknown }))), '404 NoSuchVersion')
      t.equal(await refusalOf(client.send(new GetObjectCommand({ Bucket: `${unknown}.${Bucket}`, Key }))), '404 NoSuchBucket')
      t.equal(await refusalOf(client.send(new PutObjectCommand({ Bucket: `${VersionId}.${Bucket}`, Key, Body: '' }))), '405 MethodNotAllowed')
      for (const VersionId of [first.VersionId, 'null']) {
        t.equal(await refusalOf(client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))), '501 NotImplemented')
        const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key, VersionId }] } }))
        t.match(Errors, [{ Key, VersionId, Code: 'NotImplemented' }])
      }
    })

    await t.test('copies and bulk deletes', async (t) => {
      const Key = 'copies/ä +%.txt'
      const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'copied', ContentType: 'text/one', Metadata: { a: '1' } }))
      await client.send(new PutObjectCommand({ Bucket, Key, Body: 'changed' }))
      const CopySource = `${Bucket}/${encodeURIComponent(Key)}?versionId=${put.VersionId ?? ''}`
      const copy = await client.send(new CopyObjectCommand({ Bucket, Key: 'copies/same', CopySource }))
      t.equal(copy.CopyObjectResult?.ETag, put.ETag)
      t.equal(copy.CopySourceVersionId, put.VersionId)
      await client.send(new CopyObjectCommand({
        Bucket, Key: 'copies/other', CopySource, MetadataDirective: 'REPLACE', Metadata: { b: '2' }, ContentType: 'text/two',
      }))
      t.match(await client.send(new HeadObjectCommand({ Bucket, Key: 'copies/same' })), { ContentType: 'text/one', Metadata: { a: '1' }, ContentLength: 6 })
      const other = await client.send(new HeadObjectCommand({ Bucket, Key: 'copies/other' }))
      t.same([other.ContentType, other.Metadata, other.ETag], ['text/two', { b: '2' }, put.ETag])
      const self = client.send(new CopyObjectCommand({ Bucket, Key: 'copies/same', CopySource: `${Bucket}/copies/same` }))
      t.equal(await refusalOf(self), '400 InvalidRequest')
      for (const name of ['a b', 'a+b']) await client.send(new PutObjectCommand({ Bucket, Key: `copies/${name}`, Body: name }))
      for (const [source, text] of [['a+b', 'a b'], ['a%2Bb', 'a+b'], ['a%20b', 'a b']] as const) {
        await client.send(new CopyObjectCommand({ Bucket, Key: 'copies/plus', CopySource: `${Bucket}/copies/${source}` }))
        t.equal(String(await bytesOf(client, { Bucket, Key: 'copies/plus' })), text, source)
      }
      const Objects = ['copies/same', 'copies/other', 'copies/absent', Key, 'copies/<&>"\''].map((Key) => ({ Key }))
      const deleted = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
      t.same(deleted.Deleted?.map(({ Key }) => Key), Objects.map(({ Key }) => Key))
      t.equal(deleted.Errors, undefined)
      t.equal(await refusalOf(client.send(new GetObjectCommand({ Bucket, Key }))), '404 NoSuchKey')
    })

    await t.test('conditions', async (t) => {
      const Key = 'conditions'
      const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', IfNoneMatch: '*' }))
      const put = (input: { IfMatch?: string, IfNoneMatch?: string, Key?: string }): Promise<string> =>
        refusalOf(client.send(new PutObjectCommand({ Bucket, Key, Body: 'y', ...input })))
      const get = (input: { IfMatch?: string, IfNoneMatch?: string, IfModifiedSince?: Date, IfUnmodifiedSince?: Date }): Promise<string> =>
        refusalOf(client.send(new GetObjectCommand({ Bucket, Key, ...input })))
      t.equal(await get({ IfNoneMatch: ETag }), '304 Unknown', 'no body, so no code')
      t.equal(await get({ IfModifiedSince: new Date(Date.now() - 1000) }), 'none')
      t.equal(await get({ IfModifiedSince: new Date(Date.now() - 86_400_000) }), 'none')
      t.equal(await get({ IfUnmodifiedSince: new Date(Date.now() - 86_400_000) }), '412 PreconditionFailed')
      t.equal(await get({ IfMatch: '"0123456789abcdef0123456789abcdef"' }), '412 PreconditionFailed')
      t.equal(await get({ IfMatch: ETag }), 'none')
      t.equal(await put({ IfNoneMatch: '*' }), '412 PreconditionFailed')
      t.equal(await put({ IfMatch: '"0123456789abcdef0123456789abcdef"' }), '412 PreconditionFailed')
      t.equal(await put({ IfMatch: ETag, Key: 'conditions/absent' }), '404 NoSuchKey')
      t.equal(await put({ IfMatch: ETag }), 'none')
      const head = refusalOf(client.send(new HeadObjectCommand({ Bucket, Key, IfMatch: ETag })))
      t.match(await head, /^412 /)
    })
  })
}
