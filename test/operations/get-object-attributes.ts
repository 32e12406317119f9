import t from 'tap'
import { getObjectAttributes } from '../../lib/operations/get-object-attributes'
import type { Attributes } from '../../lib/pfs/contract'
import { callOf, headersOf, objectScope, textOf } from '../support/call'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'
const etag = '96e024ba2074fe77e8e965ba43a704be-2'
const all = 'ETag,Checksum,ObjectParts,StorageClass,ObjectSize'
const multipart: Attributes = {
  entries: { 'd:etag': etag, 'd:crc32': 'y/Q5Jg==-3' },
  parts: { numbers: [1, 4, 9], sizes: [1, 1, 1], checksumAlgorithm: 'CRC32', checksums: [1, 2, 3].map((byte) => Buffer.alloc(4, byte)) },
}

async function begin(attributes?: Attributes) {
  const pfs = new FakePfs()
  const version = await pfs.seed(bucket, { k: 'abc' }, attributes)
  const ask = (names: string, headers: Record<string, string> = {}, query = 'attributes', key = 'k') =>
    getObjectAttributes.run(callOf(pfs, objectScope(bucket, key), { query, headers: { 'x-amz-object-attributes': names, ...headers } }))
  const text = async (...options: Parameters<typeof ask>) => (await textOf(await ask(...options))).replace(/^.*?xmlns="[^"]*">/s, '')
  return { pfs, version, ask, text }
}

t.test('answers what is asked for, and nothing else', async (t) => {
  const { pfs, version, ask, text } = await begin(multipart)
  const reply = await ask('ETag')
  t.same(pfs.calls, ['snapshot', 'stat'])
  t.match(headersOf(reply), { 'x-amz-version-id': version, 'last-modified': 'Thu, 01 Jan 2026 00:00:02 GMT', 'content-type': 'application/xml' })
  t.equal(await text('ETag'), `<ETag>${etag}</ETag></GetObjectAttributesResponse>`)
  t.equal(await text('ObjectSize, StorageClass'),
    '<StorageClass>STANDARD</StorageClass><ObjectSize>3</ObjectSize></GetObjectAttributesResponse>')
  t.equal(await text('Checksum'),
    '<Checksum><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32><ChecksumType>COMPOSITE</ChecksumType></Checksum></GetObjectAttributesResponse>')
})

t.test('pages through the parts', async (t) => {
  const { text } = await begin(multipart)
  const parts = await text('ObjectParts', { 'x-amz-max-parts': '2' })
  t.equal(parts, '<ObjectParts><PartsCount>3</PartsCount><PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>4</NextPartNumberMarker>' +
    '<MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>' +
    '<Part><PartNumber>1</PartNumber><Size>1</Size><ChecksumCRC32>AQEBAQ==</ChecksumCRC32></Part>' +
    '<Part><PartNumber>4</PartNumber><Size>1</Size><ChecksumCRC32>AgICAg==</ChecksumCRC32></Part></ObjectParts></GetObjectAttributesResponse>')
  const rest = await text('ObjectParts', { 'x-amz-max-parts': '2', 'x-amz-part-number-marker': '4' })
  t.match(rest, '<IsTruncated>false</IsTruncated><Part><PartNumber>9</PartNumber>')
  t.match(await text('ObjectParts', { 'x-amz-part-number-marker': '9' }),
    '<NextPartNumberMarker>0</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated></ObjectParts>')
  t.match(await text('ObjectParts', { 'x-amz-max-parts': '0' }), '<MaxParts>0</MaxParts><IsTruncated>true</IsTruncated></ObjectParts>')
})

t.test('an object without record has a tag, a size and a class', async (t) => {
  const { text } = await begin()
  t.match(await text(all), /^<ETag>[0-9a-f]{32}-1<\/ETag><StorageClass>STANDARD<\/StorageClass><ObjectSize>3<\/ObjectSize>/)
})

t.test('refuses names and numbers that are none, and what is not there', async (t) => {
  const { version, ask } = await begin(multipart)
  const missing = 'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty'
  for (const names of ['', ' , ']) await t.rejects(ask(names), { code: 'InvalidRequest', message: missing })
  const invalid = 'Invalid attribute name specified.'
  await t.rejects(ask('ETag,Etag'), { code: 'InvalidArgument', message: invalid, members: { ArgumentValue: 'Etag' } })
  for (const text of ['-1', '1e3', 'x', '2147483648', '']) {
    await t.rejects(ask('ETag', { 'x-amz-max-parts': text }),
      { code: 'InvalidArgument', message: 'Argument max-parts must be an integer between 0 and 2147483647' }, text)
    await t.rejects(ask('ETag', { 'x-amz-part-number-marker': text }), { code: 'InvalidArgument' }, text)
  }
  await t.rejects(ask('ETag', {}, 'attributes', 'absent'), { code: 'NoSuchKey' })
  await t.rejects(ask('ETag', {}, `attributes&versionId=${version}`, 'absent'), { code: 'NoSuchVersion' })
})
