import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateBucketCommand, CreateMultipartUploadCommand, GetObjectAttributesCommand, GetObjectCommand,
  HeadObjectCommand, ListMultipartUploadsCommand, ListPartsCommand, UploadPartCommand, UploadPartCopyCommand, type CompletedPart, type S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { Client } from 'minio'
import t from 'tap'
import { checksumOf } from '../support/checksums'
import { multipartEtagOf } from '../support/etag'
import { contentOf, pattern, refusalOf, startEndpoint } from '../support/sdk'

/* Multipart uploads as unmodified clients make them: the SDK's calls, its uploader, and MinIO's client with a stream of unknown length. */

const Bucket = 'master.repo.tests'
const mib = 1024 * 1024
const bytes = pattern(11 * mib)
const pieces = [bytes.subarray(0, 5 * mib), bytes.subarray(5 * mib, 10 * mib), bytes.subarray(10 * mib)]
const etag = multipartEtagOf(pieces)

async function readBack(client: S3Client, Key: string): Promise<Buffer> {
  return contentOf(await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' })))
}

for (const scheme of ['http', 'https'] as const) {
  t.test(scheme, async (t) => {
    const endpoint = await startEndpoint(t, { scheme })
    const client = endpoint.client()
    await client.send(new CreateBucketCommand({ Bucket }))

    const uploadPieces = async (Key: string, UploadId: string | undefined, more = {}): Promise<CompletedPart[]> =>
      Promise.all(pieces.map(async (Body, index) => {
        const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 } =
          await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: index + 1, Body, ...more }))
        return { PartNumber: index + 1, ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 }
      }))

    await t.test('every algorithm and type', async (t) => {
      for (const [ChecksumAlgorithm, ChecksumType] of [
        ['CRC32', 'FULL_OBJECT'], ['CRC32', 'COMPOSITE'], ['CRC32C', 'FULL_OBJECT'], ['CRC32C', 'COMPOSITE'], ['SHA1', 'COMPOSITE'], ['SHA256', 'COMPOSITE'],
        [undefined, undefined],
      ] as const) {
        const Key = `${ChecksumAlgorithm ?? 'default'}/${ChecksumType ?? 'default'}`
        const announced = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm, ChecksumType, Metadata: { a: 'b' } }))
        const parts = await uploadPieces(Key, announced.UploadId, { ChecksumAlgorithm })
        const done = await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId: announced.UploadId, MultipartUpload: { Parts: parts } }))
        t.equal(done.ETag, etag, Key)
        if (ChecksumType !== undefined) t.equal(done.ChecksumType, ChecksumType)
        t.ok((await readBack(client, Key)).equals(bytes), `${Key}: bytes, and the checksum of the whole`)
        const head = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
        t.match(head, { ETag: etag, ContentLength: bytes.length, Metadata: { a: 'b' }, VersionId: done.VersionId, ChecksumCRC32: done.ChecksumCRC32 })
        const second = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2, ChecksumMode: 'ENABLED' }))
        t.ok((await contentOf(second)).equals(pieces[1] ?? Buffer.alloc(0)))
        t.equal(second.PartsCount, 3)
      }
    })

    await t.test('the checksum of the whole is held to', async (t) => {
      const Key = 'whole'
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }))
      const parts = await uploadPieces(Key, UploadId)
      const complete = (ChecksumCRC32: string): Promise<unknown> => client.send(new CompleteMultipartUploadCommand({
        Bucket, Key, UploadId, ChecksumCRC32, ChecksumType: 'FULL_OBJECT', MpuObjectSize: bytes.length, MultipartUpload: { Parts: parts },
      }))
      t.equal(await refusalOf(complete('AAAAAA==')), '400 BadDigest')
      t.equal(await refusalOf(complete(checksumOf('crc32', bytes))), 'none')
    })

    await t.test('a checksum that the client does not compute', async (t) => {
      const Key = 'sha512'
      const sumOf = (bytes: Buffer): Buffer => createHash('sha512').update(bytes).digest()
      const created = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'SHA512' }))
      t.match(created, { ChecksumAlgorithm: 'SHA512', ChecksumType: 'COMPOSITE' })
      const { UploadId } = created
      t.equal(await refusalOf(client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x' }))), '400 InvalidRequest', 'a CRC32')
      const Parts = await Promise.all(pieces.map(async (Body, index) => {
        const ChecksumSHA512 = sumOf(Body).toString('base64')
        const part = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: index + 1, Body, ChecksumSHA512 }))
        t.equal(part.ChecksumSHA512, ChecksumSHA512)
        return { PartNumber: index + 1, ETag: part.ETag, ChecksumSHA512 }
      }))
      const listed = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
      t.same([listed.ChecksumAlgorithm, listed.Parts?.map((part) => part.ChecksumSHA512)], ['SHA512', Parts.map((part) => part.ChecksumSHA512)])
      const complete = (Parts: CompletedPart[]) => client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
      t.equal(await refusalOf(complete(Parts.map((part) => ({ ...part, ChecksumSHA512: Parts[0]?.ChecksumSHA512 })))), '400 InvalidPart')
      const done = await complete(Parts)
      const ChecksumSHA512 = `${sumOf(Buffer.concat(pieces.map(sumOf))).toString('base64')}-3`
      t.match(done, { ChecksumSHA512, ChecksumType: 'COMPOSITE', ETag: etag })
      t.ok((await readBack(client, Key)).equals(bytes))
      const attributes = await client.send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ['Checksum', 'ObjectParts'] }))
      t.match(attributes.Checksum, { ChecksumSHA512: ChecksumSHA512.slice(0, -2), ChecksumType: 'COMPOSITE' })
      t.same(attributes.ObjectParts?.Parts?.map((part) => part.ChecksumSHA512), Parts.map((part) => part.ChecksumSHA512))
    })

    await t.test('copied in parts', async (t) => {
      const Key = 'copied'
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
      const copy = async (PartNumber: number, range: string): Promise<CompletedPart> => {
        const source = { CopySource: `${Bucket}/whole`, CopySourceRange: range }
        const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ Bucket, Key, UploadId, PartNumber, ...source }))
        return { PartNumber, ETag: CopyPartResult?.ETag }
      }
      const parts = await Promise.all([copy(1, `bytes=0-${5 * mib - 1}`), copy(2, `bytes=${5 * mib}-${bytes.length - 1}`)])
      t.equal(await refusalOf(copy(3, `bytes=0-${bytes.length}`)), '400 InvalidArgument')
      await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }))
      t.ok((await readBack(client, Key)).equals(bytes))
    })

    await t.test('listed and aborted', async (t) => {
      const Key = 'ä b/c+d'
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
      await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 7, Body: 'seven' }))
      t.match((await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'ä' }))).Uploads, [{ Key, UploadId }])
      t.match(await client.send(new ListPartsCommand({ Bucket, Key, UploadId })), { Parts: [{ PartNumber: 7, Size: 5 }], IsTruncated: false })
      const wrong = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: [{ PartNumber: 8, ETag: 'x' }] } })
      t.equal(await refusalOf(client.send(wrong)), '400 InvalidPart')
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      t.equal(await refusalOf(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))), '404 NoSuchUpload')
      t.equal(await refusalOf(client.send(new ListPartsCommand({ Bucket, Key, UploadId }))), '404 NoSuchUpload')
      t.equal((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined)
    })

    await t.test('the SDK\'s uploader, from a stream', async (t) => {
      const Body = Readable.from([bytes.subarray(0, mib), bytes.subarray(mib, 9 * mib), bytes.subarray(9 * mib)])
      const done = await new Upload({ client, params: { Bucket, Key: 'uploader', Body, ContentType: 'x/y' }, partSize: 5 * mib }).done()
      t.equal(done.ETag, etag)
      t.ok((await readBack(client, 'uploader')).equals(bytes))
    })

    if (scheme === 'http') {
      await t.test('MinIO\'s client, from a stream of unknown length', async (t) => {
        const minio = new Client({
          endPoint: '127.0.0.1', port: endpoint.server.port, useSSL: false, accessKey: 'any', secretKey: 'anyanyany', partSize: 5 * mib,
        })
        const { etag: answered } = await minio.putObject(Bucket, 'minio', Readable.from([bytes.subarray(0, 7 * mib), bytes.subarray(7 * mib)]))
        t.match(answered, /^[0-9a-f]{32}-\d$/)
        t.ok((await readBack(client, 'minio')).equals(bytes))
        t.equal((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined)
      })
    }
    t.equal(endpoint.server.log(), '', 'nothing to warn of')
  })
}
