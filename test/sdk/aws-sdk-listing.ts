import t from 'tap'
import {
  CreateBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsCommand, ListObjectsV2Command,
  paginateListObjectsV2, PutObjectCommand, type S3Client,
} from '@aws-sdk/client-s3'
import { refusalOf, startEndpoint } from '../support/sdk'

/*
 * Listings as an unmodified client reads them, against the bytewise order of S3. Client code is JavaScript's own order of
 * strings, which is not that of UTF-8, so the model sorts buffers.
 */

const ascii = Array.from({ length: 94 }, (_, index) => `c/${String.fromCharCode(33 + index)}`)
const nasty = [
  ...ascii, 'a', 'a/b', 'a//b', 'a/', '/lead', '//lead', 'trail/', 'dot/./x', 'dot/../x', '..', '.', './x', '../x', '%', '%2F', '%25',
  'a+b', 'a b', ' ', '  two', 'trailing ', 'tab\tx', 'line\nx', 'return\rx', 'emoji 😀', '\u{1F680}/x', 'ü', 'u\u0308',
  '\uFFFD', '\uE000', '\u{10FFFD}', 'quote"\'', '<&>', ']]>', 'back\\slash', '*', '?', '[ab]', '{a,b}', 'a*b', '!', '(',
  'x'.repeat(1024), 'ü'.repeat(512), `deep/${'d/'.repeat(509)}x`,
]
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
/** Characters that XML 1.0 has no spelling for, which a client gets only with encoding-type. */
const unspeakable = ['control \u0001\u0008\u000b\u001f', '\uFFFE']

function modelPage(keys: readonly string[], prefix: string, delimiter: string): { keys: string[], prefixes: string[] } {
  const found = { keys: [] as string[], prefixes: new Set<string>() }
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (end === -1) found.keys.push(key)
    else found.prefixes.add(key.slice(0, end + delimiter.length))
  }
  return { keys: found.keys, prefixes: [...found.prefixes] }
}

interface ListInput { readonly Bucket: string, readonly Prefix?: string, readonly Delimiter?: string, readonly MaxKeys?: number }

async function allPages(client: S3Client, input: ListInput): Promise<{ keys: string[], prefixes: string[] }> {
  const found = { keys: [] as string[], prefixes: [] as string[] }
  for await (const page of paginateListObjectsV2({ client }, input)) {
    t.equal((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0), page.KeyCount)
    for (const { Key } of page.Contents ?? []) found.keys.push(Key ?? '')
    for (const { Prefix } of page.CommonPrefixes ?? []) found.prefixes.push(Prefix ?? '')
  }
  return found
}

t.test('nasty keys', async (t) => {
  const endpoint = await startEndpoint(t)
  const client = endpoint.client()
  const Bucket = 'master.nasty'
  await client.send(new CreateBucketCommand({ Bucket }))
  const keys = [...new Set([...nasty, ...unspeakable])].sort(bytewise)
  await Promise.all(keys.map((Key) => client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))))

  await t.test('round trip', async (t) => {
    for (const Key of keys) {
      const got = await client.send(new GetObjectCommand({ Bucket, Key }))
      t.equal(await got.Body?.transformToString(), Key, JSON.stringify(Key.slice(0, 40)))
    }
    t.equal(await refusalOf(client.send(new PutObjectCommand({ Bucket, Key: 'x'.repeat(1025), Body: '' }))), '400 KeyTooLongError')
    t.equal(await refusalOf(client.send(new PutObjectCommand({ Bucket, Key: 'n\0l', Body: '' }))), '400 InvalidURI')
  })

  await t.test('V2 with encoding-type: every prefix, delimiter and page size', async (t) => {
    const decoded = (text: string | undefined): string => decodeURIComponent((text ?? '').replaceAll('+', ' '))
    const whole = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }))
    t.same(whole.Contents?.map(({ Key }) => decoded(Key)), keys)
    t.equal(whole.EncodingType, 'url')
    const old = await client.send(new ListObjectsCommand({ Bucket, EncodingType: 'url' }))
    t.same(old.Contents?.map(({ Key }) => decoded(Key)), keys)
    t.match(old.Contents?.[0]?.Owner?.ID, /./)
  })

  await t.test('V2 and V1 against the model', async (t) => {
    for (const Key of unspeakable) await client.send(new DeleteObjectCommand({ Bucket, Key }))
    for (const Key of unspeakable) t.match(await refusalOf(client.send(new HeadObjectCommand({ Bucket, Key }))), /^404/)
    const spoken = keys.filter((key) => !unspeakable.includes(key))
    for (const Prefix of ['', 'a', 'a/', 'c/', '/', 'dot/', '.', '..', 'ü', 'u', '\u{1F680}', 'deep/d/d/', '%', 'absent', '*', '[']) {
      for (const Delimiter of ['', '/', '//', 'd/', '+', '%', ' ', '😀', 'x']) {
        const wanted = modelPage(spoken, Prefix, Delimiter)
        for (const MaxKeys of [7, 1000]) {
          const found = await allPages(client, { Bucket, Prefix, Delimiter, MaxKeys })
          t.same(found, wanted, JSON.stringify({ Prefix, Delimiter, MaxKeys }))
        }
      }
    }
    t.same(await allPages(client, { Bucket, MaxKeys: 1 }), { keys: spoken, prefixes: [] }, 'key by key')
  })

  await t.test('V1 markers', async (t) => {
    const spoken = keys.filter((key) => !unspeakable.includes(key))
    const found = { keys: [] as string[], prefixes: [] as string[] }
    let Marker: string | undefined
    for (let pages = 0; pages < 200; pages++) {
      const page = await client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 5, ...Marker === undefined ? {} : { Marker } }))
      for (const { Key } of page.Contents ?? []) found.keys.push(Key ?? '')
      for (const { Prefix } of page.CommonPrefixes ?? []) found.prefixes.push(Prefix ?? '')
      if (page.IsTruncated !== true) break
      Marker = page.NextMarker
      t.ok(Marker)
    }
    t.same(found, modelPage(spoken, '', '/'))
    const after = await client.send(new ListObjectsCommand({ Bucket, Marker: 'c/m' }))
    t.same(after.Contents?.map(({ Key }) => Key), spoken.filter((key) => bytewise(key, 'c/m') > 0))
    t.equal(after.NextMarker, undefined, 'only with a delimiter')
    const start = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'c/m', FetchOwner: true }))
    t.same(start.Contents?.map(({ Key }) => Key), spoken.filter((key) => bytewise(key, 'c/m') > 0))
    t.match(start.Contents?.[0]?.Owner?.ID, /./)
  })

  await t.test('edges of max-keys and wrong arguments', async (t) => {
    const none = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }))
    t.same([none.KeyCount, none.IsTruncated, none.Contents], [0, false, undefined])
    const clamped = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }))
    t.equal(clamped.MaxKeys, 1000)
    t.equal(await refusalOf(client.send(new ListObjectsV2Command({ Bucket, MaxKeys: -1 }))), '400 InvalidArgument')
    t.equal(await refusalOf(client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'made up' }))), '400 InvalidArgument')
    t.equal(await refusalOf(client.send(new ListObjectsV2Command({ Bucket: 'absent.repo' }))), '404 NoSuchBucket')
  })

  await t.test('glob characters and names of directories are keys like any other', async (t) => {
    const before = (await allPages(client, { Bucket })).keys
    for (const Key of ['c', 'deep', 'dot/', 'c/**', '**', 'a?']) await client.send(new DeleteObjectCommand({ Bucket, Key }))
    t.same((await allPages(client, { Bucket })).keys, before, 'no such key, so nothing deleted')
    for (const Key of ['*', 'a/', '[ab]']) await client.send(new DeleteObjectCommand({ Bucket, Key }))
    t.same((await allPages(client, { Bucket })).keys, before.filter((key) => !['*', 'a/', '[ab]'].includes(key)))
  })
})

t.test('a paged listing sees one snapshot while writers move every key', async (t) => {
  const endpoint = await startEndpoint(t)
  const client = endpoint.client()
  const Bucket = 'master.moving'
  await client.send(new CreateBucketCommand({ Bucket }))
  const name = (generation: number, index: number): string => `k${String(index).padStart(3, '0')}-${String(generation)}`
  const fill = async (generation: number): Promise<void> => {
    const put = (index: number): Promise<unknown> => client.send(new PutObjectCommand({ Bucket, Key: name(generation, index), Body: String(generation) }))
    await Promise.all(Array.from({ length: 100 }, (_, index) => put(index)))
  }
  const empty = (generation: number): Promise<unknown> => client.send(new DeleteObjectsCommand({
    Bucket, Delete: { Objects: Array.from({ length: 100 }, (_, index) => ({ Key: name(generation, index) })) },
  }))
  await fill(0)
  const before = (await allPages(client, { Bucket })).keys
  const found: string[] = []
  let generation = 0
  for await (const page of paginateListObjectsV2({ client }, { Bucket, MaxKeys: 30 })) {
    for (const { Key } of page.Contents ?? []) found.push(Key ?? '')
    // Between any two pages every key goes and a neighbour comes.
    await fill(++generation)
    await empty(generation - 1)
  }
  t.same(found, before)
  t.equal(generation, 4, 'the writers were at work between all pages')
  t.same((await allPages(client, { Bucket })).keys, before.map((key) => key.replace('-0', '-4')), 'and a new listing sees their work')
})
