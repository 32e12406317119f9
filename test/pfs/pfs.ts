import t from 'tap'
import type { Snapshot } from '../../lib/pfs/contract'
import { atHead } from '../../lib/operations/shared/at-head'
import { connect } from '../../lib/pfs/pfs'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { collectBytes } from '../support/collect'
import { put, putOf, rig, textOf } from '../support/pfs-rig'

const bucket = 'master.r'

t.test('buckets are made and listed by full name', async (t) => {
  const { fake, pfs, rpcs } = await rig()
  t.same(await pfs.createBucket('b.new.p'), { created: true })
  t.same(rpcs.take(), { InspectBranch: 1, CreateRepo: 2, CreateProject: 1, List: 1, CreateBranch: 1 })
  t.same(await pfs.createBucket('b.new.p'), { created: false })
  t.same(rpcs.take(), { InspectBranch: 1, InspectCommit: 1 })
  t.same(await pfs.createBucket('c.new.p'), { created: true })
  fake.makeBranch('default', '-odd', 'master')
  fake.makeBranch('default', 'r', 'master', 'meta')
  t.same((await pfs.buckets()).map(({ name }) => name), ['b.new.p', 'c.new.p', 'master.r.default'])
  t.match(await pfs.bucket('r'), { name: 'master.r.default', readOnly: false, created: new Date(5000) })
  await t.rejects(pfs.bucket('other'), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(pfs.bucket('a..b'), { name: 'PfsError', kind: 'bad-name' })
  await t.rejects(pfs.createBucket('192.168.0.1'), { name: 'PfsError', kind: 'bad-name' })
})

t.test('a small object is read from the server twice, and again when it was written', async (t) => {
  const { pfs, rpcs } = await rig()
  const first = await put(pfs, bucket, 'a', 'one')
  await put(pfs, bucket, 'b', 'x')
  const read = async (version?: string): Promise<string | undefined> => {
    const stat = await pfs.stat(await pfs.snapshot(bucket, version), 'a')
    if (stat === undefined) return undefined
    return pfs.atHand(stat, 0, stat.size)?.toString() ?? `read ${await collectBytes(pfs.read(stat, 0, stat.size))}`
  }
  for (const text of ['read one', 'read one', 'one']) t.equal(await read(), text)
  await put(pfs, bucket, 'c', 'x')
  rpcs.take()
  t.equal(await read(), 'one', 'another key was written')
  t.equal(rpcs.take()['GetFile'], undefined)
  const second = await put(pfs, bucket, 'a', 'two')
  for (const text of ['read two', 'read two', 'two']) t.equal(await read(), text)
  t.equal(await read(first.version), 'one')
  t.equal(await read(second.version), 'two')
  await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a' }] })
  t.equal(await read(), undefined)
})

t.test('the body of a small object comes with the look-up of who wants it, and counts as read', async (t) => {
  const { fake, pfs, rpcs } = await rig()
  await put(pfs, bucket, 'a', 'one')
  await put(pfs, bucket, 'long', Buffer.alloc(100_000))
  const read = async (key: string, withBody: boolean): Promise<string> => {
    const stat = await pfs.stat(await pfs.snapshot(bucket), key, withBody)
    if (stat === undefined) return 'nothing'
    return pfs.atHand(stat, 0, stat.size)?.toString() ?? `read ${(await collectBytes(pfs.read(stat, 0, stat.size))).length}`
  }
  rpcs.take()
  t.equal(await read('a', true), 'one')
  t.same(rpcs.take(), { InspectBranch: 1, GlobFile: 1 })
  t.equal(await read('a', true), 'read 3', 'what is known of a file is not asked for again')
  t.equal(await read('a', true), 'one')
  t.same(rpcs.take(), { InspectBranch: 2, GetFile: 1 })
  t.equal(await read('long', true), 'read 100000')
  await put(pfs, bucket, 'b', 'two')
  t.equal(await read('b', false), 'read 3', 'who does not want it costs nobody a body')
  fake.contentBytesMin = 1_000_000
  await put(pfs, bucket, 'b', 'two')
  t.equal(await read('b', false), 'read 3', 'whatever a server sends')
  await put(pfs, bucket, 'long', Buffer.alloc(100_000))
  t.equal(await read('long', true), 'read 100000')
  fake.contentOf = (bytes) => bytes.subarray(1)
  await put(pfs, bucket, 'c', 'three')
  t.equal(await read('c', true), 'read 5', 'a part of it is none')
})

t.test('many who make one bucket at a time agree', async (t) => {
  const { pfs, fake } = await rig()
  const results = await Promise.all(Array.from({ length: 8 }, () => pfs.createBucket('b.x.y')))
  t.equal(results.filter(({ created }) => created).length, 1)
  t.equal(fake.repos.get('y/x.user')?.commits.size, 1)
})

t.test('a bucket with objects stays; history is kept; a repo that was never written to goes', async (t) => {
  const { fake, pfs } = await rig()
  await put(pfs, bucket, 'a', 'x')
  await t.rejects(pfs.deleteBucket(bucket), { name: 'PfsError', kind: 'not-empty' })
  await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a' }] })
  await pfs.deleteBucket(bucket)
  t.ok(fake.repos.has('default/r.user'), 'somebody wrote to it')
  await t.rejects(pfs.deleteBucket(bucket), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(pfs.snapshot(bucket), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(put(pfs, bucket, 'a', 'x'), { name: 'PfsError', kind: 'no-bucket' })
  await pfs.createBucket('a.fresh')
  await pfs.createBucket('b.fresh')
  await pfs.deleteBucket('a.fresh')
  t.ok(fake.repos.has('default/fresh.user'))
  await pfs.deleteBucket('b.fresh')
  t.notOk(fake.repos.has('default/fresh.user'))
})

t.test('a bucket that another gateway makes anew and writes to while its repo is removed stays', async (t) => {
  const { fake, pfs } = await rig()
  const other = await connect(inProcess(fake.table()))
  const begun = new Promise<() => void>((resolve) => {
    fake.beforeDeleteRepo = () => new Promise((go) => resolve(go))
  })
  await pfs.createBucket('master.fresh')
  const removed = pfs.deleteBucket('master.fresh')
  const go = await begun
  t.same(await other.createBucket('master.fresh'), { created: true })
  const { version } = await put(other, 'master.fresh', 'k', 'theirs')
  go()
  await removed
  t.match(await other.stat(await other.snapshot('master.fresh'), 'k'), { version })
  t.equal(await textOf(pfs, 'master.fresh', 'k'), 'theirs')
})

t.test('a write and the removal of its bucket do not cross', async (t) => {
  const { pfs } = await rig()
  const [a, b] = [await putOf(pfs, 'a', 'x'), await putOf(pfs, 'b', 'x')]
  const results = await Promise.allSettled([pfs.write(bucket, a), pfs.deleteBucket(bucket), pfs.write(bucket, b)])
  t.equal(results[0].status, 'fulfilled')
  t.match(results[1], { status: 'rejected', reason: { kind: 'not-empty' } })
  t.equal(results[2].status, 'fulfilled')
})

t.test('a bucket whose head somebody holds open stays', async (t) => {
  const { fake, pfs } = await rig()
  const repo = fake.makeBranch('default', 'r', 'held')
  const open = fake.addCommit(repo, 'held', { state: 'open' })
  await t.rejects(pfs.deleteBucket('held.r'), { name: 'PfsError', kind: 'head-open', commit: open.id })
  t.ok(repo.branches.has('held'))
})

t.test('a commit bucket goes with its repo, whatever is remembered of the commit', async (t) => {
  const { fake, pfs } = await rig()
  const { version } = await put(pfs, bucket, 'a', 'x')
  t.match(await pfs.bucket(`${version}.${bucket}`), { readOnly: true })
  fake.repos.delete('default/r.user')
  fake.makeBranch('default', 'r', 'master')
  await t.rejects(pfs.bucket(`${version}.${bucket}`), { name: 'PfsError', kind: 'no-bucket' })
})

t.test('a bucket that somebody else writes to while it is removed stays', async (t) => {
  const { fake, repo, pfs } = await rig()
  fake.beforeDelete = () => {
    const commit = fake.addCommit(repo, 'master')
    commit.files.set('/theirs', { bytes: Buffer.from('x'), created: commit.id, time: commit.time })
  }
  await t.rejects(pfs.deleteBucket(bucket), { name: 'PfsError', kind: 'not-empty' })
  t.equal(await textOf(pfs, bucket, 'theirs'), 'x')
})

t.test('versions are commits of the same repo', async (t) => {
  const { fake, repo, pfs } = await rig()
  const first = await put(pfs, bucket, 'a', 'one')
  const second = await put(pfs, bucket, 'b', 'two')
  t.match(await pfs.snapshot(bucket), { bucket: 'master.r.default', commit: second.version, asked: undefined })
  t.match(await pfs.snapshot(bucket, first.version), { commit: first.version, asked: first.version })
  const now = await pfs.stat(await pfs.snapshot(bucket), 'a')
  t.equal(now?.version, first.version, 'the commit that last wrote it')
  t.same(now?.modified, first.time)
  const commitBucket = `${first.version}.master.r`
  t.match(await pfs.snapshot(commitBucket), { bucket: `${first.version}.master.r.default`, commit: first.version, asked: first.version })
  t.match(await pfs.bucket(commitBucket), { readOnly: true, created: first.time })
  await t.rejects(put(pfs, commitBucket, 'a', 'x'), { name: 'PfsError', kind: 'read-only' })
  await t.rejects(pfs.createBucket(commitBucket), { name: 'PfsError', kind: 'read-only' })
  await t.rejects(pfs.deleteBucket(commitBucket), { name: 'PfsError', kind: 'read-only' })
  const other = fake.newId()
  await t.rejects(pfs.snapshot(bucket, other), { name: 'PfsError', kind: 'no-version' })
  await t.rejects(pfs.snapshot(bucket, 'null'), { name: 'PfsError', kind: 'no-version' })
  fake.repos.get('default/r.user')?.commits.delete(first.version)
  await t.rejects(pfs.snapshot(bucket, first.version), { name: 'PfsError', kind: 'no-version' }, 'what was removed is not remembered')
  await t.rejects(pfs.snapshot('other', first.version), { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(pfs.snapshot(`${other}.r`), { name: 'PfsError', kind: 'no-bucket' })
  const open = fake.addCommit(repo, 'master', { state: 'open' })
  await t.rejects(pfs.snapshot(bucket, open.id), { name: 'PfsError', kind: 'no-version' })
})

t.test('a head that was dropped is not answered from memory, however old it may be', async (t) => {
  const { fake, pfs } = await rig({ headAgeMsMax: 60_000 })
  const first = await put(pfs, bucket, 'a', 'one')
  const second = await put(pfs, bucket, 'a', 'two')
  const repo = fake.repos.get('default/r.user')
  repo?.commits.delete(second.version)
  repo?.branches.set('master', first.version)
  let tries = 0
  const text = await atHead(pfs, bucket, async (at) => {
    tries += 1
    return (await pfs.stat(at, 'a'))?.version
  })
  t.equal(text, first.version)
  t.equal(tries, 2)
  await t.rejects(atHead(pfs, `${first.version}.r`, (at) => pfs.stat({ ...at, commit: second.version }, 'b')), { name: 'PfsError', kind: 'no-version' })
})

t.test('a listing goes on in the snapshot it began with, or not at all', async (t) => {
  const { fake, pfs } = await rig()
  const { version } = await put(pfs, bucket, 'a', 'one')
  await put(pfs, bucket, 'b', 'two')
  t.match(await pfs.snapshotAt(bucket, version), { commit: version, asked: undefined })
  await t.rejects(pfs.snapshotAt(bucket, 'x'), { name: 'PfsError', kind: 'snapshot-gone' })
  await t.rejects(pfs.snapshotAt('other', version), { name: 'PfsError', kind: 'no-bucket' })
  fake.repos.get('default/r.user')?.commits.delete(version)
  await t.rejects(pfs.snapshotAt(bucket, version), { name: 'PfsError', kind: 'snapshot-gone' })
})

t.test('calls to the server, one by one', async (t) => {
  const { pfs, rpcs } = await rig()
  await put(pfs, bucket, 'a', 'hello')
  rpcs.take()
  const at = await pfs.snapshot(bucket)
  const stat = await pfs.stat(at, 'a')
  if (stat === undefined) throw new Error('the object is there')
  t.same(rpcs.take(), { InspectBranch: 1, GlobFile: 1 }, 'HEAD')
  await pfs.stat(await pfs.snapshot(bucket), 'a')
  await pfs.stat(await pfs.snapshot(bucket), 'a')
  t.same(rpcs.take(), { InspectBranch: 2 }, 'a finished commit does not change')
  await collectBytes(pfs.read(stat, 0, 5))
  await collectBytes(pfs.read(stat, 5, 0))
  t.same(rpcs.take(), { GetFile: 1 })
  await pfs.stat(at, 'missing')
  await pfs.stat(at, 'missing')
  t.same(rpcs.take(), { GlobFile: 1 }, 'nor does what is not in it')
  await pfs.list(at, { prefix: '', delimiter: '/', after: '', afterSubtree: false, limit: 10 })
  t.same(rpcs.take(), { List: 1 })
  await pfs.buckets()
  t.same(rpcs.take(), { ListRepo: 1 })
})

t.test('ranges', async (t) => {
  const { pfs } = await rig()
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251))
  await put(pfs, bucket, 'a', bytes)
  const stat = await pfs.stat(await pfs.snapshot(bucket), 'a')
  if (stat === undefined) throw new Error('the object is there')
  for (const [offset, length] of [[0, 5000], [0, 1], [4999, 1], [10, 3000], [5000, 0], [0, 0]] as const) {
    t.ok((await collectBytes(pfs.read(stat, offset, length))).equals(bytes.subarray(offset, offset + length)), `${offset} ${length}`)
  }
  for (const [offset, length] of [[-1, 1], [0, 5001], [5000, 1], [0.5, 1], [0, -1], [NaN, 1]] as const) {
    t.throws(() => pfs.read(stat, offset, length), `${offset} ${length}`)
  }
})

t.test('keys are taken literally', async (t) => {
  const { pfs } = await rig()
  const keys = ['a', 'a/', 'a/b', '/', '//', './x', '..', 'é\u{1f600}', '*', 'a b', '\n', '\u{ffff}']
  for (const key of keys) await put(pfs, bucket, key, `<${key}>`)
  for (const key of keys) t.equal(await textOf(pfs, bucket, key), `<${key}>`)
  const at: Snapshot = await pfs.snapshot(bucket)
  const page = await pfs.list(at, { prefix: '', delimiter: '', after: '', afterSubtree: false, limit: 100 })
  t.same(page.files.map(({ key }) => key), [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  t.equal(page.next, undefined)
})

t.test('a server without our additions', async (t) => {
  const { pfs, rpcs, fake } = await rig({ extended: false })
  const first = await put(pfs, bucket, 'a/b', 'one')
  t.same(rpcs.take(), { InspectBranch: 2, InspectCommit: 2, ListCommit: 1, ModifyFile: 1 })
  await put(pfs, bucket, 'a/b', 'two')
  t.equal(await textOf(pfs, bucket, 'a/b'), 'two')
  t.equal(await textOf(pfs, bucket, 'a/b', first.version), 'one')
  const stat = await pfs.stat(await pfs.snapshot(bucket), 'a/b')
  if (stat === undefined) throw new Error('the object is there')
  t.equal((await collectBytes(pfs.read(stat, 1, 1))).toString(), 'w', 'read to the end, and cut')
  for (const key of ['dir/', 'a//b', 'é', 'a*', './a', 'a/../b']) {
    await t.rejects(put(pfs, bucket, key, 'x'), { name: 'PfsError', kind: 'bad-path' }, key)
    t.equal(await textOf(pfs, bucket, key), undefined)
  }
  await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'é' }, { kind: 'delete', key: 'a/b' }] })
  t.equal(await textOf(pfs, bucket, 'a/b'), undefined)
  fake.repos.get('default/r.user')?.branches.delete('master')
  await t.rejects(put(pfs, bucket, 'a', 'x'), { name: 'PfsError', kind: 'no-bucket' })
  t.equal(fake.repos.get('default/r.user')?.branches.size, 0, 'a branch that is gone is not made again')
  await pfs.createBucket('master.fresh')
  await pfs.deleteBucket('master.fresh')
  t.equal(fake.repos.get('default/fresh.user')?.branches.size, 0, 'a repo stays where the server cannot judge')
})
