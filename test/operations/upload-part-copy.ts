import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { createMultipartUpload } from '../../lib/operations/create-multipart-upload'
import { uploadPartCopy } from '../../lib/operations/upload-part-copy'
import { callOf, headersOf, objectScope } from '../support/call'
import { countStages } from '../support/counted-stages'
import { textsOf } from '../support/document'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'
const source = 'master.bar.default'
const content = Buffer.alloc(300_000, '0123456789')
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex')

function sum(bytes: Buffer): string {
  const digest = Buffer.alloc(4)
  digest.writeUInt32BE(crc32(bytes))
  return digest.toString('base64')
}

async function begin(headers: Record<string, string> = {}) {
  const pfs = new FakePfs()
  await pfs.seed(bucket)
  const version = await pfs.seed(source, { 'a b': content })
  await pfs.seed(source, { empty: '' })
  const scope = objectScope(bucket, 'k')
  const id = textsOf(await createMultipartUpload.run(callOf(pfs, scope, { query: 'uploads', headers })), 'UploadId')[0] ?? ''
  const stages = countStages(pfs)
  const copy = (more: Record<string, string> = {}, number = 1, uploadId = id) => uploadPartCopy.run(callOf(pfs, scope, {
    method: 'PUT', query: `partNumber=${number}&uploadId=${uploadId}`, headers: { 'x-amz-copy-source': `${source}/a%20b`, ...more },
  }))
  const copyFor = (gone: () => boolean) => uploadPartCopy.run(callOf(pfs, scope, {
    query: `partNumber=1&uploadId=${id}`, headers: { 'x-amz-copy-source': `${source}/a%20b` }, gone,
  }))
  const parts = async () => (await pfs.uploads.parts(await pfs.uploads.get(bucket, 'k', id), 0, 10)).parts
  return { pfs, version, stages, copy, copyFor, parts }
}

t.test('the whole source, or a range of it', async (t) => {
  const { copy, parts, version } = await begin()
  const whole = await copy()
  t.same(textsOf(whole, 'ETag'), [`&quot;${md5(content)}&quot;`])
  t.match(textsOf(whole, 'LastModified')[0], /^2026-01-02T/)
  t.match(headersOf(whole), { 'x-amz-copy-source-version-id': version })
  await copy({ 'x-amz-copy-source-range': 'bytes=100000-199999' }, 2)
  await copy({ 'x-amz-copy-source': `${source}/empty` }, 3)
  t.same((await parts()).map(({ number, size, md5: digest }) => [number, size, digest.toString('hex')]), [
    [1, 300_000, md5(content)], [2, 100_000, md5(content.subarray(100_000, 200_000))], [3, 0, md5(Buffer.alloc(0))],
  ])
})

t.test('the checksum that was announced is computed', async (t) => {
  const { copy, parts } = await begin({ 'x-amz-checksum-algorithm': 'CRC32' })
  t.same(textsOf(await copy({ 'x-amz-copy-source-range': 'bytes=0-9' }), 'ChecksumCRC32'), [sum(content.subarray(0, 10))])
  t.same((await parts())[0]?.checksums['CRC32']?.toString('base64'), sum(content.subarray(0, 10)))
})

t.test('one that is on record of the whole is kept', async (t) => {
  const { pfs, copy } = await begin({ 'x-amz-checksum-algorithm': 'CRC64NVME' })
  await pfs.seed(source, { digits: '123456789' })
  await pfs.seed(source, { summed: 'x' }, { entries: { 'd:crc64nvme': 'AAAAAAAAAAA=' } })
  t.same(textsOf(await copy({ 'x-amz-copy-source': `${source}/summed` }), 'ChecksumCRC64NVME'), ['AAAAAAAAAAA='])
  t.same(textsOf(await copy({ 'x-amz-copy-source': `${source}/digits` }), 'ChecksumCRC64NVME'), ['rosUhgp5mIg='], 'else it is computed')
})

t.test('what is refused, with nothing left behind', async (t) => {
  const { pfs, copy, stages, parts, version } = await begin()
  const refused: [Record<string, string>, string][] = [
    [{ 'x-amz-copy-source': 'nonsense' }, 'InvalidArgument'], [{ 'x-amz-copy-source': `${source}/absent` }, 'NoSuchKey'],
    [{ 'x-amz-copy-source': `${source}/a%20b?versionId=null` }, 'NoSuchVersion'], [{ 'x-amz-copy-source-range': 'bytes=0-' }, 'InvalidArgument'],
    [{ 'x-amz-copy-source-range': 'bytes=0-300000' }, 'InvalidArgument'], [{ 'x-amz-copy-source-if-match': 'x' }, 'PreconditionFailed'],
    [{ 'x-amz-copy-source-if-none-match': '*' }, 'PreconditionFailed'],
  ]
  for (const [headers, code] of refused) await t.rejects(copy(headers), { code }, JSON.stringify(headers))
  await t.rejects(copy({}, 0), { code: 'InvalidArgument' })
  await t.rejects(copy({}, 1, 'other'), { name: 'PfsError', kind: 'no-upload' })
  await t.rejects(copy({ 'x-amz-copy-source': 'master.absent.default/k' }), { name: 'PfsError', kind: 'no-bucket' })
  t.same(await parts(), [])
  t.equal(stages.live(), 0)
  const read = pfs.read.bind(pfs)
  pfs.read = (file, offset, length) => {
    const bytes = read(file, offset, length)
    return { ...bytes, start: (to) => bytes.start({ ...to, end: () => to.fail(new Error('lost')), data: (chunk) => to.data(chunk) }) }
  }
  await t.rejects(copy(), { message: 'lost' })
  t.equal(stages.live(), 0)
  pfs.read = read
  await copy({ 'x-amz-copy-source': `${source}/a%20b?versionId=${version}` })
})

t.test('a stage that asks to wait is waited for', async (t) => {
  const { pfs, copy, parts } = await begin()
  const stage = pfs.stage.bind(pfs)
  let waiting = 0
  pfs.stage = (options) => {
    const inner = stage(options)
    return {
      ...inner,
      write: async (chunk) => {
        if (++waiting > 1) throw new Error('two at once')
        await new Promise((resolve) => setImmediate(resolve))
        await inner.write(chunk)
        waiting--
      },
    }
  }
  await copy()
  t.equal((await parts())[0]?.md5.toString('hex'), md5(content))
  pfs.stage = (options) => ({ ...stage(options), write: () => Promise.reject(new Error('no room')) })
  await t.rejects(copy(), { message: 'no room' })
})

t.test('a copy for nobody ends', async (t) => {
  const { copyFor, stages, parts } = await begin()
  let chunks = 0
  await t.rejects(copyFor(() => ++chunks > 2), { name: 'PfsError', kind: 'abandoned' })
  t.equal(chunks, 3)
  t.equal(stages.live(), 0)
  t.same(await parts(), [])
})
