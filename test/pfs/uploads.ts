import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import type { BackendOptions } from '../../lib/pfs/backend'
import type { Completion, Part, Pfs, Upload } from '../../lib/pfs/contract'
import { inProcess } from '../../lib/pfs/in-process'
import { connect } from '../../lib/pfs/pfs'
import { openPfsd, type Pfsd } from '../../lib/pfsd/main'
import { counting, type Counting } from '../support/counting'
import { staged, textOf } from '../support/pfs-rig'

/** Multipart uploads on the real server, in process. */
const bucket = 'master.foo.default'
const attributes = { entries: { t: 'a/b' } }

interface Rig { pfsd: Pfsd, pfs: Pfs, rpcs: Counting, reopen(): Promise<void> }

async function open(t: Test, options: BackendOptions = { alone: true }): Promise<Rig> {
  const directory = t.testdir()
  const start = async (): Promise<Omit<Rig, 'reopen'>> => {
    const pfsd = await openPfsd({ directory, paths: 's3' })
    const rpcs = counting(inProcess(pfsd.service))
    return { pfsd, rpcs, pfs: await connect(rpcs, options) }
  }
  const rig: Rig = { ...await start(), reopen: async () => { await rig.pfsd.close(); Object.assign(rig, await start()) } }
  t.teardown(() => rig.pfsd.close())
  await rig.pfs.createBucket(bucket)
  rig.rpcs.take()
  return rig
}

async function putPart(pfs: Pfs, upload: Upload, number: number, text: string, checksums = {}): Promise<Part> {
  const body = await staged(pfs, text, true)
  return pfs.uploads.putPart(upload, { number, size: body.size, md5: createHash('md5').update(text).digest(), checksums, staged: body })
}

const completion = (parts: readonly Part[], more: Partial<Completion> = {}): Completion =>
  ({ parts, unused: [], attributes, digest: parts.map((part) => part.md5.toString('hex')).join(), ...more })

t.test('an upload from its beginning to its end', async (t) => {
  const { pfs, rpcs } = await open(t)
  const { uploads } = pfs
  const upload = await uploads.create(bucket, 'dir/k', attributes)
  t.match(upload, { bucket, key: 'dir/k', attributes })
  t.match(upload.id, /^[0-9a-f]{44}$/)
  t.same(await uploads.get(bucket, 'dir/k', upload.id), upload)
  t.same(await uploads.parts(upload, 0, 10), { parts: [], more: false })
  const two = await putPart(pfs, upload, 2, 'two', { CRC32: Buffer.from('abcd') })
  await putPart(pfs, upload, 1, 'old')
  const one = await putPart(pfs, upload, 1, 'one ')
  t.same(await uploads.parts(upload, 0, 10), { parts: [one, two], more: false })
  t.same(await uploads.parts(upload, 0, 1), { parts: [one], more: true })
  t.same(await uploads.parts(upload, 1, 1), { parts: [two], more: false })
  t.same((await uploads.parts(upload, 12345, 1)).parts, [])
  t.equal(await textOf(pfs, bucket, 'dir/k'), undefined)
  rpcs.take()
  const written = await uploads.complete(upload, completion([one, two]))
  t.equal(await textOf(pfs, bucket, 'dir/k'), 'one two')
  const stat = await pfs.stat(await pfs.snapshot(bucket), 'dir/k')
  t.match(stat, { size: 7, version: written.version, modified: written.time, attributes: { entries: { t: 'a/b', u: upload.id } } })
  await t.rejects(uploads.get(bucket, 'dir/k', upload.id), { name: 'PfsError', kind: 'no-upload' })
  t.match(await uploads.completed(bucket, 'dir/k', upload.id, completion([one, two]).digest), { written: { version: written.version, time: written.time }, attributes })
  t.equal(await uploads.completed(bucket, 'dir/k', upload.id, 'other'), undefined)
  t.equal(await uploads.completed(bucket, 'other', upload.id, completion([one, two]).digest), undefined)
  t.same(await uploads.list(bucket, { prefix: '', delimiter: '', keyMarker: '', idMarker: '', limit: 10 }), { uploads: [], commonPrefixes: [], next: undefined })
})
