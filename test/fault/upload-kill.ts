import { setTimeout as after } from 'node:timers/promises'
import {
  CompleteMultipartUploadCommand, CreateBucketCommand, CreateMultipartUploadCommand, GetObjectCommand, ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t from 'tap'
import { multipartEtagOf } from '../support/etag'
import { contentOf, pattern, s3Client } from '../support/sdk'
import { startServer } from '../support/server'

/** kill -9 at some moment of a completion: started again, the server either knows it completed or completes it, to the same object. */
const Bucket = 'master.repo.tests'
const Key = 'k'
const bytes = pattern(5 * 1024 * 1024 + 9)
const pieces = [bytes.subarray(0, 5 * 1024 * 1024), bytes.subarray(5 * 1024 * 1024)]
const etag = multipartEtagOf(pieces)

t.test('a completion that is killed', async (t) => {
  const data = t.testdir()
  let server = await startServer(data)
  t.teardown(() => server.kill())
  let client = s3Client(server.url, { maxAttempts: 1 })
  await client.send(new CreateBucketCommand({ Bucket }))
  for (const wait of [0, 2, 4, 6, 9, 14]) {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const Parts = await Promise.all(pieces.map(async (Body, index) => {
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: index + 1, Body }))
      return { PartNumber: index + 1, ETag }
    }))
    const complete = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } })
    const first = client.send(complete).then((answer) => answer, () => undefined)
    await after(wait)
    await server.kill()
    const answered = await first
    client.destroy()
    server = await startServer(data)
    client = s3Client(server.url, { maxAttempts: 1 })
    const again = await client.send(complete)
    t.equal(again.ETag, etag)
    if (answered !== undefined) t.equal(again.VersionId, answered.VersionId, `${wait} ms: what was acknowledged stands`)
    t.same((await client.send(complete)).VersionId, again.VersionId)
    const read = await client.send(new GetObjectCommand({ Bucket, Key }))
    t.equal(read.VersionId, again.VersionId)
    t.ok((await contentOf(read)).equals(bytes))
    t.equal((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined, 'no debris')
  }
  client.destroy()
})
