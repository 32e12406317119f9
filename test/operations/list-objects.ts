import fc from 'fast-check'
import t from 'tap'
import { listObjects } from '../../lib/operations/list-objects'
import { listObjectsV2 } from '../../lib/operations/list-objects-v2'
import { toS3Error } from '../../lib/operations/failure'
import { PfsError } from '../../lib/pfs/failure'
import { objectsToken } from '../../lib/s3/continuation-token'
import { callOf } from '../support/call'
import { contentOf, textsOf } from '../support/document'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.images.default'
const scope = { kind: 'bucket', bucket } as const

async function pfsWith(...keys: string[]): Promise<FakePfs> {
  const pfs = new FakePfs()
  await pfs.seed(bucket, Object.fromEntries(keys.map((key) => [key, 'x'])))
  return pfs
}

const v1 = (pfs: FakePfs, query = '') => listObjects.run(callOf(pfs, scope, { query }))
const v2 = (pfs: FakePfs, query = '') => listObjectsV2.run(callOf(pfs, scope, { query: `list-type=2&${query}` }))

const code = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
    return 'fulfilled'
  } catch (error) {
    return toS3Error(error)?.message ?? String(error)
  }
}

const keysOf = (reply: Awaited<ReturnType<typeof v1>>) => textsOf(reply, 'Key')
const prefixesOf = (reply: Awaited<ReturnType<typeof v1>>) => textsOf(reply, 'Prefix').slice(1)

t.test('a whole page of version 1, letter by letter', async (t) => {
  const pfs = new FakePfs()
  await pfs.seed(bucket, { 'a&b': 'hello' }, { entries: { 'd:md5': '5d41402abc4b2a76b9719d911017c592', 'd:crc32': 'NhCmhg==' } })
  await pfs.write(bucket, { edits: [] })
  const reply = await v1(pfs, 'prefix=a')
  t.equal(contentOf(reply),
    `<Name>${bucket}</Name><Prefix>a</Prefix><Marker></Marker><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>` +
    '<Contents><Key>a&amp;b</Key><LastModified>2026-01-01T00:00:02.000Z</LastModified>' +
    '<ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>' +
    '<ChecksumType>FULL_OBJECT</ChecksumType><Size>5</Size><Owner><ID>pfs</ID><DisplayName>pfs</DisplayName></Owner>' +
    '<StorageClass>STANDARD</StorageClass></Contents>')
  t.strictSame(pfs.calls.slice(-2), ['snapshot', 'list'])
})

t.test('a whole page of version 2; the owner only if asked for', async (t) => {
  const pfs = await pfsWith('a/b', 'c')
  const reply = await v2(pfs, 'delimiter=%2F&start-after=A&fetch-owner=false')
  t.equal(contentOf(reply).replace(/<ETag>.*?<\/ETag>/, ''),
    `<Name>${bucket}</Name><Prefix></Prefix><StartAfter>A</StartAfter><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>` +
    '<Delimiter>/</Delimiter><IsTruncated>false</IsTruncated><Contents><Key>c</Key>' +
    '<LastModified>2026-01-01T00:00:02.000Z</LastModified><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>' +
    '<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>')
  t.equal(textsOf(await v2(pfs, 'fetch-owner=true'), 'ID').length, 2)
})

t.test('markers at, inside and beside a common prefix', async (t) => {
  const pfs = await pfsWith('a', 'b/1', 'b/2', 'b0', 'c/', 'c/x')
  const after = async (marker: string, query = 'delimiter=%2F'): Promise<string[]> => {
    const one = await v1(pfs, `${query}&marker=${encodeURIComponent(marker)}`)
    const two = await v2(pfs, `${query}&start-after=${encodeURIComponent(marker)}`)
    t.strictSame([...keysOf(one), ...prefixesOf(one)], [...keysOf(two), ...prefixesOf(two)], marker)
    return [...keysOf(one), ...prefixesOf(one)]
  }
  t.strictSame(await after(''), ['a', 'b0', 'b/', 'c/'])
  t.strictSame(await after('a'), ['b0', 'b/', 'c/'])
  t.strictSame(await after('b'), ['b0', 'b/', 'c/'])
  t.strictSame(await after('b/'), ['b0', 'c/'])
  t.strictSame(await after('b/1'), ['b0', 'c/'])
  t.strictSame(await after('b0'), ['c/'])
  t.strictSame(await after('c/x'), [])
  t.strictSame(await after('b/1', 'prefix=b%2F'), ['b/2'])
  t.strictSame(await after('b/', 'prefix=b%2F&delimiter=%2F'), ['b/1', 'b/2'])
  t.strictSame(await after('a', 'prefix=c'), ['c/', 'c/x'])
})

t.test('pages of both versions, with any delimiter, add up to the listing in one', async (t) => {
  const key = fc.array(fc.constantFrom('a', 'b', '/', '//', 'ü', '\u{10000}', '\uffee', '%', ' ', '+'), { minLength: 1, maxLength: 5 })
    .map((pieces) => pieces.join(''))
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(key, { maxLength: 12 }), fc.constantFrom('', '/', 'a', '//', 'ü'), fc.constantFrom('', 'a', '/', 'a/'), fc.integer({ min: 1, max: 4 }),
    async (keys, delimiter, prefix, limit) => {
      const pfs = await pfsWith(...keys)
      const query = `prefix=${encodeURIComponent(prefix)}&delimiter=${encodeURIComponent(delimiter)}`
      const whole = await v2(pfs, query)
      const expected = { keys: keysOf(whole), prefixes: prefixesOf(whole).sort() }
      const seen = { keys: [] as string[], prefixes: [] as string[] }
      let token: string | undefined
      do {
        const page = await v2(pfs, `${query}&max-keys=${limit}${token === undefined ? '' : `&continuation-token=${token}`}`)
        seen.keys.push(...keysOf(page))
        seen.prefixes.push(...prefixesOf(page))
        token = textsOf(page, 'NextContinuationToken')[0]
        t.equal(token !== undefined, textsOf(page, 'IsTruncated')[0] === 'true')
        t.equal(Number(textsOf(page, 'KeyCount')[0]), keysOf(page).length + prefixesOf(page).length)
      } while (token !== undefined)
      t.strictSame({ keys: seen.keys, prefixes: seen.prefixes.sort() }, expected)

      const first: string[] = []
      let marker: string | undefined = ''
      do {
        const page = await v1(pfs, `${query}&max-keys=${limit}&marker=${encodeURIComponent(marker)}`)
        first.push(...keysOf(page), ...prefixesOf(page))
        const truncated = textsOf(page, 'IsTruncated')[0] === 'true'
        t.equal(textsOf(page, 'NextMarker').length, truncated && delimiter !== '' ? 1 : 0)
        marker = truncated ? textsOf(page, 'NextMarker')[0] ?? keysOf(page).at(-1) : undefined
      } while (marker !== undefined)
      t.strictSame(first.sort(), [...expected.keys, ...expected.prefixes].sort())
    }), { seed: 7, numRuns: 60 })
})

t.test('a listing of version 2 is of one snapshot', async (t) => {
  const pfs = await pfsWith('a', 'b', 'c')
  const first = await v2(pfs, 'max-keys=2')
  const token = textsOf(first, 'NextContinuationToken')[0] ?? ''
  const commit = pfs.head(bucket)
  await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'c' }] })
  const second = await v2(pfs, `continuation-token=${token}`)
  t.strictSame(keysOf(second), ['c'])
  t.strictSame(textsOf(second, 'ContinuationToken'), [token])
  t.strictSame(keysOf(await v1(pfs, 'marker=b')), [])
  pfs.forget(commit)
  t.match(await code(v2(pfs, `continuation-token=${token}`)), /^The continuation token provided is incorrect/)
})

t.test('a token that is not one is refused, and an empty one is the first page', async (t) => {
  const pfs = await pfsWith('a')
  const commit = pfs.head(bucket)
  const good = objectsToken({ commit, position: 'a' })
  t.equal(await code(v2(pfs, `continuation-token=${good}`)), 'fulfilled')
  for (const token of ['x', 'a', '!!!!', `${good}=`, `${good}%20`, good.slice(0, 10), Buffer.from(`\x02${'x'.repeat(20)}`).toString('base64url'),
    Buffer.concat([Buffer.of(1), Buffer.alloc(16), Buffer.of(0xff)]).toString('base64url'), objectsToken({ commit, position: '' })]) {
    t.match(await code(v2(pfs, `continuation-token=${token}`)), 'The continuation token provided is incorrect', token)
  }
  t.match(await code(v2(pfs, `prefix=b&continuation-token=${good}`)), 'The continuation token provided is incorrect')
  t.match(await code(v2(pfs, `continuation-token=${objectsToken({ commit: '0'.repeat(32), position: 'a' })}`)), /incorrect/)
  const empty = await v2(pfs, 'continuation-token=')
  t.strictSame(keysOf(empty), ['a'])
  t.strictSame(textsOf(empty, 'ContinuationToken'), [''])
})

t.test('max-keys', async (t) => {
  const pfs = await pfsWith('a', 'b')
  const rows = [['0', '0', 0], ['1', '1', 1], ['', '1000', 2], ['1001', '1000', 2], ['2147483647', '1000', 2], ['007', '7', 2]] as const
  for (const [asked, shown, keys] of rows) {
    const page = await v2(pfs, `max-keys=${asked}`)
    t.equal(textsOf(page, 'MaxKeys')[0], shown)
    t.equal(keysOf(page).length, keys)
    t.equal(textsOf(page, 'IsTruncated')[0], String(keys === 1))
  }
  t.strictSame(textsOf(await v1(pfs, 'max-keys=0'), 'IsTruncated'), ['false'])
  for (const asked of ['blah', '1e3', '%205', '2147483648', '99999999999', '0x1', '1.0', '+5', 'NaN']) {
    t.equal(await code(v1(pfs, `max-keys=${asked}`)), 'Provided max-keys not an integer or within integer range', asked)
  }
  t.equal(await code(v2(pfs, 'max-keys=-1')), 'Argument maxKeys must be an integer between 0 and 2147483647')
})

t.test('encoding-type=url encodes names and says so', async (t) => {
  const pfs = await pfsWith('foo+1/bar', 'quux ab/thud', 'asdf+b', 'a\x01\r')
  const page = await v1(pfs, 'encoding-type=url&delimiter=%2F&marker=%20')
  t.strictSame(keysOf(page), ['a%01%0D', 'asdf%2Bb'])
  t.strictSame(prefixesOf(page), ['foo%2B1/', 'quux%20ab/'])
  t.strictSame([textsOf(page, 'EncodingType'), textsOf(page, 'Marker'), textsOf(page, 'Delimiter')], [['url'], ['%20'], ['/']])
  t.strictSame(textsOf(await v2(pfs, 'encoding-type=url&start-after=%2B&delimiter=%25'), 'StartAfter'), ['%2B'])
  t.strictSame(textsOf(await v2(pfs, 'encoding-type=url&delimiter=%25'), 'Delimiter'), ['%25'])
  const plain = await v1(pfs, 'prefix=a%01')
  t.strictSame(keysOf(plain), ['a&#x1;&#13;'])
  t.strictSame(textsOf(plain, 'EncodingType'), [])
  t.equal(await code(v1(pfs, 'encoding-type=URL')), 'Invalid Encoding Method specified in Request')
})

t.test('buckets that are not there, and commit buckets', async (t) => {
  const pfs = await pfsWith('a')
  const commit = pfs.head(bucket)
  await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a' }] })
  const other = { kind: 'bucket', bucket: 'dev.images.default' } as const
  await t.rejects(listObjectsV2.run(callOf(pfs, other)), new PfsError('no-bucket', 'dev.images.default'))
  await t.rejects(listObjects.run(callOf(pfs, other, { query: 'max-keys=0' })), new PfsError('no-bucket', 'dev.images.default'))
  t.strictSame(keysOf(await listObjectsV2.run(callOf(pfs, { kind: 'bucket', bucket: `${commit}.images` }))), ['a'])
})
