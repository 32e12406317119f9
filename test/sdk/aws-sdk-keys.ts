import t, { type Test } from 'tap'
import {
  CopyObjectCommand, CreateBucketCommand, DeleteObjectCommand, DeleteObjectTaggingCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand,
  ListBucketsCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, PutObjectTaggingCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { etagOf } from '../support/etag'
import { HttpClient } from '../support/http-client'
import { contentOf, pattern, refusalOf, startEndpoint, type Endpoint } from '../support/sdk'

const Bucket = 'master.keyed'
const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY'

const keys = [{ id: 'AKIDONE', secret, name: 'one' }, { id: 'AKIDTWO', secret: 'second-secret', name: 'two' }]

/** A server with an object `there` in the bucket; open to everyone unless it says what those without a key may do. */
async function start(t: Test, anonymous?: string): Promise<Endpoint> {
  const endpoint = await startEndpoint(t, anonymous === undefined ? {} : { keys, anonymous })
  const client = endpoint.client('AKIDONE', secret)
  await client.send(new CreateBucketCommand({ Bucket }))
  await client.send(new PutObjectCommand({ Bucket, Key: 'there', Body: 'content' }))
  return endpoint
}

t.test('named keys', async (t) => {
  const endpoint = await start(t, 'none')
  const calls = [
    new GetObjectCommand({ Bucket, Key: 'there' }), new PutObjectCommand({ Bucket, Key: 'there', Body: 'x'.repeat(300_000) }),
    new DeleteObjectCommand({ Bucket, Key: 'there' }), new ListObjectsV2Command({ Bucket }), new ListBucketsCommand({}),
    new GetObjectCommand({ Bucket: 'absent.repo', Key: 'there' }), new PutObjectCommand({ Bucket: 'absent.repo', Key: 'there', Body: 'x' }),
  ] as const
  for (const command of calls) {
    const name = command.constructor.name
    // The client's `send` has an overload for each command and none for their union.
    const send = (id: string, secret: string): Promise<string> => refusalOf(endpoint.client(id, secret).send(command as GetObjectCommand))
    t.equal(await send('AKIDONE', `${secret}x`), '403 SignatureDoesNotMatch', `${name}, wrong secret`)
    t.equal(await send('AKIDONE', 'second-secret'), '403 SignatureDoesNotMatch', `${name}, another key's secret`)
    t.equal(await send('akidone', secret), '403 InvalidAccessKeyId', `${name}, unknown key`)
  }
  t.equal(await refusalOf(endpoint.client('AKIDONE', 'wrong').send(new HeadBucketCommand({ Bucket }))), '403 Unknown', 'HEAD has no body to name the code in')
  const anonymous = new HttpClient(endpoint.server.port)
  t.teardown(() => { anonymous.close() })
  for (const [method, target] of [['GET', '/'], ['GET', `/${Bucket}/there`], ['HEAD', `/${Bucket}`], ['PUT', `/${Bucket}/new`], ['DELETE', `/${Bucket}/there`],
    ['POST', `/${Bucket}?delete`], ['GET', '/absent.repo/x']] as const) {
    const { status, body } = await anonymous.request(method, target, method === 'PUT' ? 'x' : undefined)
    t.equal(status, 403, `${method} ${target} unsigned`)
    if (method !== 'HEAD') t.match(String(body), '<Code>AccessDenied</Code>')
  }
  const second = endpoint.client('AKIDTWO', 'second-secret')
  const got = await second.send(new GetObjectCommand({ Bucket, Key: 'there' }))
  t.equal(await got.Body?.transformToString(), 'content', 'untouched by all of it')
  t.notMatch(endpoint.server.log(), secret)
})

t.test('anonymous clients may read, or do all, as the key file says', async (t) => {
  for (const [anonymous, mayWrite] of [['read', false], ['full', true]] as const) {
    await t.test(anonymous, async (t) => {
      const endpoint = await start(t, anonymous)
      const client = new HttpClient(endpoint.server.port)
      t.teardown(() => { client.close() })
      t.equal(String((await client.request('GET', `/${Bucket}/there`)).body), 'content')
      t.equal((await client.request('GET', `/${Bucket}?list-type=2`)).status, 200)
      for (const [method, target] of [['PUT', `/${Bucket}/new`], ['PUT', '/fresh.repo'], ['DELETE', '/fresh.repo'], ['DELETE', `/${Bucket}/there`]] as const) {
        const { status } = await client.request(method, target, method === 'PUT' ? '' : undefined)
        t.equal(status, mayWrite ? method === 'PUT' ? 200 : 204 : 403, `${method} ${target}`)
      }
      t.equal(await refusalOf(endpoint.client('AKIDONE', 'wrong').send(new GetObjectCommand({ Bucket, Key: 'there' }))), '403 SignatureDoesNotMatch')
    })
  }
})

t.test('presigned URLs', async (t) => {
  const endpoint = await start(t, 'none')
  const signer = endpoint.client('AKIDONE', secret)
  const Key = 'a b/ü+%&=?#.txt'
  const put = await getSignedUrl(signer, new PutObjectCommand({ Bucket, Key }), { expiresIn: 60 })
  const wrote = await fetch(put, { method: 'PUT', body: 'presigned' })
  t.equal(wrote.status, 200, 'the checksum of nothing that the SDK bakes into the query is not of this body')
  await wrote.text()
  const get = await getSignedUrl(signer, new GetObjectCommand({ Bucket, Key, ResponseContentType: 'text/html' }), { expiresIn: 60 })
  const got = await fetch(get)
  t.same([got.status, got.headers.get('content-type'), await got.text()], [200, 'text/html', 'presigned'])
  t.equal((await fetch(get, { headers: { range: 'bytes=0-2' } })).status, 206)
  const cases = [
    ['another method', get, 'DELETE', 'SignatureDoesNotMatch'],
    ['another key', get.replace('a%20b', 'there'), 'GET', 'SignatureDoesNotMatch'],
    ['one more parameter', `${get}&versionId=x`, 'GET', 'SignatureDoesNotMatch'],
    ['another response header', get.replace('html', 'plain'), 'GET', 'SignatureDoesNotMatch'],
    ['an unknown key id', get.replace('AKIDONE', 'AKIDXXX'), 'GET', 'InvalidAccessKeyId'],
    ['a longer life', get.replace('Expires=60', 'Expires=600'), 'GET', 'SignatureDoesNotMatch'],
    ['too long a life', get.replace('Expires=60', 'Expires=604801'), 'GET', 'AuthorizationQueryParametersError'],
  ] as const
  for (const [what, url, method, code] of cases) {
    const answer = await fetch(url, { method })
    t.match(await answer.text(), `<Code>${code}</Code>`, what)
    t.ok(answer.status >= 400, what)
  }
  const described = await getSignedUrl(signer, new PutObjectCommand({ Bucket, Key, Metadata: { colour: 'blue' } }), { expiresIn: 60 })
  t.equal((await fetch(described, { method: 'PUT', body: 'presigned' })).status, 200)
  t.same((await signer.send(new HeadObjectCommand({ Bucket, Key }))).Metadata, { colour: 'blue' }, 'the URL alone carries the metadata')
  const copy = await getSignedUrl(signer, new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/there` }), { expiresIn: 60 })
  t.equal((await fetch(copy, { method: 'PUT' })).status, 501, 'a copy source must be a header, and nothing is written instead')
  const old = await getSignedUrl(signer, new GetObjectCommand({ Bucket, Key }), { expiresIn: 60, signingDate: new Date(Date.now() - 120_000) })
  const expired = await fetch(old)
  t.equal(expired.status, 403)
  t.match(await expired.text(), /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/)
})

t.test('conditional writes raced by 50 clients have one winner', async (t) => {
  const endpoint = await start(t)
  const clients = Array.from({ length: 50 }, () => endpoint.client())
  const race = async (input: { Key: string, IfMatch?: string, IfNoneMatch?: string }): Promise<string[]> =>
    Promise.all(clients.map((client, index) => refusalOf(client.send(new PutObjectCommand({ Bucket, Body: `writer ${String(index)}`, ...input })))))
  for (const round of ['first', 'second', 'third']) {
    const outcomes = await race({ Key: round, IfNoneMatch: '*' })
    t.equal(outcomes.filter((outcome) => outcome === 'none').length, 1, 'If-None-Match: *')
    t.ok(outcomes.every((outcome) => ['none', '412 PreconditionFailed', '409 ConditionalRequestConflict'].includes(outcome)), outcomes.join())
    const { ETag = '' } = await clients[0]?.send(new GetObjectCommand({ Bucket, Key: round })) ?? {}
    const swaps = await race({ Key: round, IfMatch: ETag })
    t.equal(swaps.filter((outcome) => outcome === 'none').length, 1, 'If-Match')
  }
})

t.test('IN-15: a read during overwrites and deletes is of one version', async (t) => {
  const endpoint = await start(t)
  const client = endpoint.client()
  const Key = 'hot'
  // Held in memory, streamed to a file, and between.
  const contents = [10, 200_000, 262_145, 700_000].map((size, seed) => pattern(size, seed))
  let writing = 4
  const writers = contents.map(async (_, writer) => {
    for (let round = 0; round < 12; round++) {
      if (writer === 0 && round % 4 === 3) await client.send(new DeleteObjectCommand({ Bucket, Key }))
      await client.send(new PutObjectCommand({ Bucket, Key, Body: contents[(writer + round) % 4] ?? '' }))
    }
    writing--
  })
  let reads = 0
  const torn: (string | undefined)[] = []
  const readers = contents.map(async () => {
    while (writing > 0) {
      const got = await client.send(new GetObjectCommand({ Bucket, Key })).catch((error: unknown) => {
        if (!(error instanceof NoSuchKey)) throw error
      })
      if (got === undefined) continue
      const bytes = await contentOf(got)
      reads++
      if (etagOf(bytes) !== got.ETag || bytes.length !== got.ContentLength) torn.push(got.VersionId)
    }
  })
  await Promise.all([...writers, ...readers])
  t.same(torn, [])
  t.ok(reads > 0)
})

t.test('refusals have S3\'s names', async (t) => {
  const endpoint = await start(t)
  const client = endpoint.client()
  const rows: [string, () => Promise<unknown>][] = [
    ['404 NoSuchKey', () => client.send(new GetObjectCommand({ Bucket, Key: 'absent' }))],
    ['404 NoSuchBucket', () => client.send(new GetObjectCommand({ Bucket: 'absent.repo', Key: 'x' }))],
    ['404 NoSuchBucket', () => client.send(new PutObjectCommand({ Bucket: 'absent.repo', Key: 'x', Body: 'x' }))],
    ['404 NoSuchBucket', () => client.send(new PutObjectCommand({ Bucket: 'absent.repo', Key: 'x', Body: 'x'.repeat(3_000_000) }))],
    ['404 NoSuchBucket', () => client.send(new ListObjectsV2Command({ Bucket: 'absent.repo' }))],
    ['404 NotFound', () => client.send(new HeadBucketCommand({ Bucket: 'absent.repo' }))],
    ['400 InvalidBucketName', () => client.send(new CreateBucketCommand({ Bucket: 'a..b' }))],
    ['400 InvalidBucketName', () => client.send(new CreateBucketCommand({ Bucket: '192.168.5.4' }))],
    ['400 InvalidBucketName', () => client.send(new CreateBucketCommand({ Bucket: 'master.-repo' }))],
    ['501 NotImplemented', () => client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', Tagging: 'a=b' }))],
    ['501 NotImplemented', () => client.send(new PutObjectTaggingCommand({ Bucket, Key: 'x', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }))],
    ['501 NotImplemented', () => client.send(new DeleteObjectTaggingCommand({ Bucket, Key: 'x' }))],
    ['501 NotImplemented', () => client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', ServerSideEncryption: 'AES256' }))],
    ['400 AccessControlListNotSupported', () => client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x', ACL: 'public-read' }))],
  ]
  for (const [wanted, call] of rows) t.equal(await refusalOf(call()), wanted)
})
