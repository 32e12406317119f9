import t from 'tap'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as Minio from 'minio'
import { md5Of } from '../support/etag'
import { pattern, startEndpoint, type Endpoint } from '../support/sdk'

/*
 * MinIO's client: it asks for the location first, signs real hashes over http and sends Content-MD5 over https, reads listings
 * with its own parser, and begins an upload of unknown size by looking for one that was left unfinished.
 */

const bucket = 'master.minio.tests'

function clientOf(endpoint: Endpoint, partSize = 64 * 1024 * 1024): Minio.Client {
  const { certificate, server } = endpoint
  return new Minio.Client({
    endPoint: '127.0.0.1', port: server.port, useSSL: certificate !== undefined, accessKey: 'any', secretKey: 'any', partSize,
    ...certificate === undefined ? {} : { transportAgent: new https.Agent({ ca: certificate.cert, keepAlive: true }) },
  })
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  // A stream without an encoding brings buffers.
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function listed(stream: AsyncIterable<unknown>): Promise<string[]> {
  const found: string[] = []
  // What a listing brings: objects with a name, directories with a prefix.
  for await (const item of stream as AsyncIterable<{ name?: string, prefix?: string }>) found.push(item.name ?? item.prefix ?? '')
  return found
}

for (const scheme of ['http', 'https'] as const) {
  t.test(scheme, async (t) => {
    const endpoint = await startEndpoint(t, { scheme })
    const { directory } = endpoint
    const client = clientOf(endpoint)

    await t.test('buckets', async (t) => {
      t.equal(await client.bucketExists(bucket), false)
      await client.makeBucket(bucket)
      t.equal(await client.bucketExists(bucket), true)
      t.same((await client.listBuckets()).map(({ name }) => name), [bucket])
      await client.makeBucket('dev.minio.tests')
      await client.removeBucket('dev.minio.tests')
      t.equal(await client.bucketExists('dev.minio.tests'), false)
    })

    await t.test('objects', async (t) => {
      for (const size of [0, 1, 300_000]) {
        const content = pattern(size, 7)
        const put = await client.putObject(bucket, `objects/${String(size)}`, content, size, { 'X-Amz-Meta-Colour': 'red', 'Content-Type': 'text/x-y' })
        t.equal(put.etag, md5Of(content))
        t.match(put.versionId, /^[0-9a-f]{32}$/)
        const stat = await client.statObject(bucket, `objects/${String(size)}`)
        t.match(stat, { size, etag: md5Of(content), versionId: put.versionId, metaData: { colour: 'red', 'content-type': 'text/x-y' } })
        t.ok((await bytesOf(await client.getObject(bucket, `objects/${String(size)}`))).equals(content))
      }
      const content = pattern(300_000, 7)
      const stream = await client.putObject(bucket, 'objects/stream', Readable.from([content]), content.length)
      t.equal(stream.etag, md5Of(content))
      t.ok((await bytesOf(await client.getPartialObject(bucket, 'objects/stream', 70_000, 100_000))).equals(content.subarray(70_000, 170_000)))
      t.ok((await bytesOf(await client.getPartialObject(bucket, 'objects/stream', 299_990))).equals(content.subarray(299_990)))
      const old = await client.putObject(bucket, 'objects/versions', 'old')
      await client.putObject(bucket, 'objects/versions', 'new')
      t.equal(String(await bytesOf(await client.getObject(bucket, 'objects/versions', { versionId: old.versionId ?? '' }))), 'old')
      await t.rejects(client.statObject(bucket, 'absent'), { code: 'NotFound' })
      await t.rejects(client.getObject(bucket, 'absent'), { code: 'NoSuchKey', message: 'The specified key does not exist.' })
      await t.rejects(client.getObject('absent.repo', 'x'), { code: 'NoSuchBucket' })
    })

    await t.test('listings', async (t) => {
      const names = ['a', 'a b+%', 'dir/1', 'dir/2', 'dir/sub/3', 'emoji 😀', 'z<&>']
      for (const name of names) await client.putObject(bucket, `list/${name}`, name)
      const whole = names.map((name) => `list/${name}`)
      t.same(await listed(client.listObjectsV2(bucket, 'list/', true)), whole)
      t.same(await listed(client.listObjects(bucket, 'list/', true)), whole)
      t.same((await listed(client.listObjectsV2(bucket, 'list/', false))).sort(), ['list/a', 'list/a b+%', 'list/dir/', 'list/emoji 😀', 'list/z<&>'])
      t.same(await listed(client.listObjectsV2(bucket, 'list/', true, 'list/dir/1')), whole.slice(3))
      const stat = await client.statObject(bucket, 'list/a b+%')
      t.equal(stat.size, 5)
    })

    await t.test('copies and removals', async (t) => {
      const conditions = new Minio.CopyConditions()
      conditions.setMatchETag(md5Of('a'))
      const copied = await client.copyObject(bucket, 'copy', `/${bucket}/list/a`, conditions)
      t.ok(copied)
      t.equal((await client.statObject(bucket, 'copy')).etag, md5Of('a'))
      conditions.setMatchETag(md5Of('b'))
      await t.rejects(client.copyObject(bucket, 'copy2', `/${bucket}/list/a`, conditions), { code: 'PreconditionFailed' })
      await client.removeObject(bucket, 'copy')
      t.same(await client.removeObjects(bucket, ['list/a', 'list/z<&>', 'list/absent', 'list/emoji 😀']), [])
      t.same(await listed(client.listObjectsV2(bucket, 'list/', true)), ['list/a b+%', 'list/dir/1', 'list/dir/2', 'list/dir/sub/3'])
    })

    await t.test('files, and streams of unknown size', async (t) => {
      const file = join(directory, 'file')
      const content = pattern(20 * 1024 * 1024 + 777, 3)
      writeFileSync(file, content)
      const parts = clientOf(endpoint, 5 * 1024 * 1024)
      const put = await parts.fPutObject(bucket, 'parts/file', file, { 'X-Amz-Meta-From': 'file' })
      t.match(put.etag, /^[0-9a-f]{32}-\d$/)
      t.match(await parts.statObject(bucket, 'parts/file'), { size: content.length, etag: put.etag, metaData: { from: 'file' } })
      await parts.fGetObject(bucket, 'parts/file', join(directory, 'back'))
      t.ok(readFileSync(join(directory, 'back')).equals(content))
      for (const size of [4, 6 * 1024 * 1024]) {
        await parts.putObject(bucket, 'parts/stream', Readable.from([content.subarray(0, size)]))
        t.ok((await bytesOf(await parts.getObject(bucket, 'parts/stream'))).equals(content.subarray(0, size)))
      }
    })

    await t.test('presigned URLs', async (t) => {
      const agent = endpoint.certificate === undefined ? {} : { agent: new https.Agent({ ca: endpoint.certificate.cert }) }
      const put = await client.presignedPutObject(bucket, 'presigned ü', 60)
      t.equal((await fetchWith(put, 'PUT', agent, 'by url')).status, 200)
      const got = await fetchWith(await client.presignedGetObject(bucket, 'presigned ü', 60, { 'response-content-type': 'text/html' }), 'GET', agent)
      t.same(got, { status: 200, type: 'text/html', body: 'by url' })
    })
  })
}

function fetchWith(url: string, method: string, options: https.RequestOptions, body?: string): Promise<{ status: number, type: string, body: string }> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? https : http).request(url, { method, ...options }, (response) => {
      bytesOf(response).then((bytes) => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: String(bytes) })
      }, reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}
