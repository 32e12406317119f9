import t from 'tap'
import type { Upload, UploadPage } from '../../../lib/pfs/contract'
import { inProcess } from '../../../lib/pfs/transports/in-process'
import { connect } from '../../../lib/pfs/pfs'
import { rig as rigOfMaps, textOf } from '../../support/pfs-rig'
import { attributes, bucket, commitsOf, completion, everything, noUpload, putPart, until, uploadRig } from '../../support/upload-rig'

t.test('an upload from its beginning to its end', async (t) => {
  const { pfs, rpcs } = await uploadRig(t)
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
  const outcome = { written: { version: written.version, time: written.time }, attributes }
  t.match(await uploads.completed(bucket, 'dir/k', upload.id, completion([one, two]).digest), outcome)
  t.equal(await uploads.completed(bucket, 'dir/k', upload.id, 'other'), undefined)
  t.equal(await uploads.completed(bucket, 'other', upload.id, completion([one, two]).digest), undefined)
  t.same(await uploads.list(bucket, everything), { uploads: [], commonPrefixes: [], next: undefined })
})

t.test('what each call costs', async (t) => {
  const { pfs, rpcs } = await uploadRig(t)
  const { uploads } = pfs
  const upload = await uploads.create(bucket, 'k', attributes)
  t.match(rpcs.take(), { InspectBranch: 2, CreateRepo: 1, CreateBranch: 1, ModifyFile: 2 }, 'the first of a repo')
  await uploads.create(bucket, 'k', attributes)
  await new Promise((resolve) => setImmediate(resolve))
  t.match(rpcs.take(), { InspectBranch: 1, ModifyFile: 1 })
  const one = await putPart(pfs, upload, 1, 'one')
  t.same(rpcs.take(), { CreateFileSet: 1, ComposeFileSet: 1, GlobFile: 2, ModifyFile: 1 })
  const others = await Promise.all([2, 3, 4, 5, 6, 7, 8, 9].map((number) => putPart(pfs, upload, number, 'x')))
  const shared = rpcs.take()
  t.ok((shared['ModifyFile'] ?? 9) < 8, 'parts that come together share commits')
  await uploads.get(bucket, 'k', upload.id)
  t.same(rpcs.take(), { List: 1 })
  await uploads.parts(upload, 0, 10_000)
  t.same(rpcs.take(), { List: 1 })
  await uploads.list(bucket, everything)
  t.same(rpcs.take(), { InspectBranch: 1, List: 1 })
  await uploads.complete(upload, completion([one, ...others]))
  const { RenewFileSet: letGo, ...complete } = rpcs.take()
  t.same(complete, { InspectBranch: 1, GlobFile: 1, List: 1, ModifyFile: 3, ComposeFileSet: 1 })
  t.ok(letGo !== undefined && letGo >= 1, 'what is needed no longer is let go behind the back')
})

t.test('an upload belongs to its key and its branch', async (t) => {
  const { pfs } = await uploadRig(t)
  const { uploads } = pfs
  await pfs.createBucket('dev.foo')
  const upload = await uploads.create(bucket, 'k', attributes)
  for (const [name, key, id] of [
    [bucket, 'k2', upload.id], [bucket, 'k/', upload.id], ['dev.foo', 'k', upload.id], [bucket, 'k', upload.id.slice(0, -1)],
    [bucket, 'k', `${upload.id}0`], [bucket, 'k', ''], [bucket, 'k', '../x'], [bucket, 'k', upload.id.toUpperCase()],
  ] as const) {
    await t.rejects(uploads.get(name, key, id), noUpload, `${name} ${key} ${id}`)
    await t.rejects(uploads.abort(name, key, id), noUpload)
  }
  await t.rejects(uploads.get('master.absent', 'k', upload.id), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(uploads.create('master.absent', 'k', attributes), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(uploads.list('master.absent', everything), { name: 'PfsError', kind: 'no-bucket' })
  const commit = (await pfs.snapshot(bucket)).commit
  const ofCommit = `${commit}.${bucket}`
  const readOnly = { name: 'PfsError', kind: 'read-only' }
  await t.rejects(uploads.create(ofCommit, 'k', attributes), readOnly)
  await t.rejects(uploads.abort(ofCommit, 'k', upload.id), readOnly)
  await t.rejects(uploads.completed(ofCommit, 'k', upload.id, 'digest'), readOnly)
  t.same(await uploads.list(ofCommit, everything), { uploads: [], commonPrefixes: [], next: undefined }, 'reads of a commit are no writes')
  await t.rejects(uploads.get(ofCommit, 'k', upload.id), noUpload)
  const nowhere = { name: 'PfsError', kind: 'no-bucket' }
  await t.rejects(uploads.list(`${'0'.repeat(12)}4${'0'.repeat(19)}.${bucket}`, everything), nowhere)
  await t.rejects(uploads.get(`${'0'.repeat(12)}4${'0'.repeat(19)}.${bucket}`, 'k', upload.id), nowhere)
  t.same((await uploads.list('dev.foo', everything)).uploads, [])
  t.same((await pfs.buckets()).map(({ name }) => name), ['dev.foo.default', bucket], 'the companion is no bucket')
  const part = await putPart(pfs, upload, 1, 'x')
  await pfs.deleteBucket(bucket)
  await t.rejects(uploads.get(bucket, 'k', upload.id), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(putPart(pfs, upload, 1, 'x'), noUpload)
  await t.rejects(uploads.complete(upload, completion([part])), { name: 'PfsError', kind: 'no-bucket' })
  await pfs.createBucket(bucket)
  t.same((await uploads.list(bucket, everything)).uploads, [], 'another bucket of that name has none of the uploads')
})

t.test('uploads and parts outlive the server', async (t) => {
  const rig = await uploadRig(t)
  const upload = await rig.pfs.uploads.create(bucket, 'k', attributes)
  const one = await putPart(rig.pfs, upload, 1, 'one')
  await rig.reopen()
  t.same(await rig.pfs.uploads.get(bucket, 'k', upload.id), upload)
  t.same((await rig.pfs.uploads.list(bucket, everything)).uploads, [upload])
  const two = await putPart(rig.pfs, upload, 2, 'two')
  await rig.reopen()
  t.same((await rig.pfs.uploads.parts(upload, 0, 10)).parts, [one, two])
  const written = await rig.pfs.uploads.complete(upload, completion([one, two]))
  await rig.reopen()
  t.equal(await textOf(rig.pfs, bucket, 'k'), 'onetwo')
  t.match(await rig.pfs.uploads.completed(bucket, 'k', upload.id, completion([one, two]).digest), { written: { version: written.version } })
  t.equal(await commitsOf(rig), 2)
})

t.test('the listing is in the order of key and id, in pages, under prefixes', async (t) => {
  const { pfs } = await uploadRig(t)
  const { uploads } = pfs
  const keys = ['a', 'a', 'a/b', 'a/b/c', 'a/c', 'ab', 'b/', 'b/x', '\u{1f600}/x', 'é', '\uffff', '\x01', '//', '.']
  const made = []
  for (const key of keys) made.push(await uploads.create(bucket, key, { entries: {} }))
  const inOrder = [...made].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || (a.id < b.id ? -1 : 1))
  const names = (page: readonly Upload[]) => page.map(({ key, id }) => `${key} ${id}`)
  for (const limit of [1, 3, 1000]) {
    const found: Upload[] = []
    let next: { key: string, id: string } | undefined = { key: '', id: '' }
    while (next !== undefined) {
      const page: Awaited<ReturnType<typeof uploads.list>> = await uploads.list(bucket, { ...everything, limit, keyMarker: next.key, idMarker: next.id })
      t.ok(page.uploads.length <= limit)
      found.push(...page.uploads)
      next = page.next
    }
    t.same(names(found), names(inOrder), `pages of ${limit}`)
  }
  for (const [prefix, delimiter, expected, prefixes] of [
    ['a', '', ['a', 'a', 'a/b', 'a/b/c', 'a/c', 'ab'], []], ['a/', '', ['a/b', 'a/b/c', 'a/c'], []], ['zz', '', [], []],
    ['', '/', ['\x01', '.', 'a', 'a', 'ab', 'é', '\uffff'], ['/', 'a/', 'b/', '\u{1f600}/']], ['a/', '/', ['a/b', 'a/c'], ['a/b/']],
    ['a', 'b', ['a', 'a', 'a/c'], ['a/b', 'ab']],
  ] as const) {
    const page = await uploads.list(bucket, { ...everything, prefix, delimiter })
    t.same(page.uploads.map(({ key }) => key), expected, `${prefix} ${delimiter}`)
    t.same(page.commonPrefixes, prefixes)
    const paged: string[] = []
    let next: { key: string, id: string } | undefined = { key: '', id: '' }
    while (next !== undefined) {
      const from = { keyMarker: next.key, idMarker: next.id }
      const one: UploadPage = await uploads.list(bucket, { ...everything, prefix, delimiter, limit: 1, ...from })
      paged.push(...one.uploads.map(({ key }) => key), ...one.commonPrefixes)
      next = one.next
    }
    t.same(paged.sort(), [...expected, ...prefixes].sort(), 'one by one')
  }
  const after = await uploads.list(bucket, { ...everything, keyMarker: 'a' })
  const behind = ['a/b', 'a/b/c', 'a/c', 'ab', 'b/', 'b/x', 'é', '\uffff', '\u{1f600}/x']
  t.same(after.uploads.map(({ key }) => key), behind, 'without an id, all of the key is left out')
})

t.test('a part that was replaced is gone, and cannot be put together with', async (t) => {
  const { pfs, rpcs, pfsd } = await uploadRig(t)
  const { uploads } = pfs
  const upload = await uploads.create(bucket, 'k', attributes)
  const old = await putPart(pfs, upload, 1, 'old')
  rpcs.take()
  await putPart(pfs, upload, 1, 'new')
  t.equal(rpcs.take()['RenewFileSet'], 1)
  await until(() => (pfsd.store.read.fileSet(old.fileSet)?.expires ?? 0) <= Date.now() + 1000)
  await t.rejects(uploads.complete(upload, completion([{ ...old, fileSet: '0'.repeat(32) }])), { name: 'PfsError', kind: 'no-file-set' })
  await uploads.complete(upload, completion((await uploads.parts(upload, 0, 1)).parts))
  t.equal(await textOf(pfs, bucket, 'k'), 'new')
  await t.rejects(putPart(pfs, upload, 2, 'late'), noUpload)
})

t.test('no part stays pinned, whenever its upload is aborted', async (t) => {
  const { pfs, pfsd } = await uploadRig(t)
  const upload = await pfs.uploads.create(bucket, 'k', attributes)
  const parts = Promise.allSettled([1, 2, 3, 4, 5, 6].map((number) => putPart(pfs, upload, number, 'x')))
  const one = await putPart(pfs, upload, 7, 'seven')
  await pfs.uploads.abort(bucket, 'k', upload.id)
  const sets = (await parts).flatMap((part) => part.status === 'fulfilled' ? [part.value.fileSet] : [])
  t.same((await pfs.uploads.parts(upload, 0, 10)).parts, [])
  for (const set of [one.fileSet, ...sets]) await until(() => (pfsd.store.read.fileSet(set)?.expires ?? 0) <= Date.now() + 1000)
})

t.test('what is too old is swept, with its parts', async (t) => {
  const rig = await uploadRig(t)
  const young = await rig.pfs.uploads.create(bucket, 'k', attributes)
  const part = await putPart(rig.pfs, young, 1, 'x')
  const late = await connect(inProcess(rig.pfsd.service), { alone: true, uploadLifetimeMs: -1 })
  await t.rejects(late.uploads.get(bucket, 'k', young.id), noUpload)
  t.same((await rig.pfs.uploads.list(bucket, everything)).uploads, [young])
  await late.uploads.list(bucket, everything)
  await until(async () => (await rig.pfs.uploads.parts(young, 0, 1)).parts.length === 0)
  t.same((await rig.pfs.uploads.list(bucket, everything)).uploads, [])
  await until(() => (rig.pfsd.store.read.fileSet(part.fileSet)?.expires ?? 0) <= Date.now() + 1000)
})

t.test('what is too old is swept where nobody begins or lists uploads any more', async (t) => {
  const rig = await uploadRig(t)
  await rig.pfs.createBucket('master.other.foo')
  const upload = await rig.pfs.uploads.create('master.other.foo', 'k', attributes)
  const part = await putPart(rig.pfs, upload, 1, 'x')
  await rig.pfs.uploads.sweepAll()
  t.same((await rig.pfs.uploads.parts(upload, 0, 1)).parts, [part], 'it is young')
  const late = await connect(inProcess(rig.pfsd.service), { alone: true, uploadLifetimeMs: -1 })
  await late.uploads.sweepAll()
  t.same((await rig.pfs.uploads.parts(upload, 0, 1)).parts, [])
  await until(() => (rig.pfsd.store.read.fileSet(part.fileSet)?.expires ?? 0) <= Date.now() + 1000)
  await rig.pfsd.close()
  await late.uploads.sweepAll()
})

t.test('a tombstone answers for a day', async (t) => {
  const rig = await uploadRig(t, { alone: true }, () => Date.now() - 25 * 3600 * 1000)
  const upload = await rig.pfs.uploads.create(bucket, 'k', attributes)
  const one = await putPart(rig.pfs, upload, 1, 'one')
  await rig.pfs.uploads.complete(upload, completion([one]))
  t.equal(await rig.pfs.uploads.completed(bucket, 'k', upload.id, completion([one]).digest), undefined)
})

t.test('a server that keeps no attributes keeps no uploads', async (t) => {
  const plain = await rigOfMaps({ extended: false })
  await t.rejects(plain.pfs.uploads.create('master.r', 'k', attributes), { name: 'PfsError', kind: 'unsupported' })
})

t.test('repos without uploads have none', async (t) => {
  const { pfs } = await uploadRig(t)
  t.same(await pfs.uploads.list(bucket, everything), { uploads: [], commonPrefixes: [], next: undefined })
  await t.rejects(pfs.uploads.get(bucket, 'k', '0'.repeat(44)), noUpload)
  t.equal(await pfs.uploads.completed(bucket, 'k', 'x', 'digest'), undefined)
  t.equal(await pfs.uploads.completed(bucket, 'k', '0'.repeat(44), 'digest'), undefined)
})

t.test('a repo that went and came again', async (t) => {
  const { pfs } = await uploadRig(t)
  for (let round = 0; round < 2; round++) {
    await pfs.createBucket('x.fresh')
    const upload = await pfs.uploads.create('x.fresh', 'k', attributes)
    await putPart(pfs, upload, 1, 'one')
    t.same((await pfs.uploads.list('x.fresh', everything)).uploads, [upload])
    await pfs.deleteBucket('x.fresh')
    await t.rejects(putPart(pfs, upload, 2, 'two'), { name: 'PfsError', kind: 'no-bucket' })
  }
})
