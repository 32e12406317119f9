import t from 'tap'
import type { Stat } from '../../lib/pfs/contract'
import { connect } from '../../lib/pfs/pfs'
import { collectBytes } from '../support/collect'
import { put, staged, textOf } from '../support/pfs-rig'
import { realServer, transports } from '../support/real-server'
import { withoutExtension } from '../support/without-extension'

/** The contract on a server with pachd's rules of paths and none of our additions: all that is optional falls back to plain calls. */
const bucket = 'master.foo.bar'

for (const kind of transports) {
  t.test(`${kind}: objects on a plain server`, async (t) => {
    const pfs = await connect(withoutExtension(await realServer(t, kind, 'pachd')))
    await pfs.createBucket(bucket)
    const first = await put(pfs, bucket, 'dir/file', 'one')
    await put(pfs, bucket, 'dir/file', 'second')
    t.equal(await textOf(pfs, bucket, 'dir/file'), 'second')
    t.equal(await textOf(pfs, bucket, 'dir/file', first.version), 'one')
    t.equal(await textOf(pfs, bucket, 'dir'), undefined, 'a directory is no object')
    const whole = Buffer.alloc(700_000, 'abc')
    await pfs.write(bucket, { edits: [{ kind: 'put', key: 'big', content: await staged(pfs, whole) }] })
    const big = await pfs.stat(await pfs.snapshot(bucket), 'big')
    if (big === undefined) throw new Error('the object is there')
    t.ok((await collectBytes(pfs.read(big, 0, big.size))).equals(whole))
    t.ok((await collectBytes(pfs.read(big, 300_000, 5))).equals(whole.subarray(300_000, 300_005)))
    await pfs.write(bucket, { edits: [{ kind: 'put', key: 'copy', content: { kind: 'copy', from: big } }] })
    t.equal((await pfs.stat(await pfs.snapshot(bucket), 'copy'))?.size, whole.length)
    await t.rejects(put(pfs, bucket, 'a*b', 'x'), { name: 'PfsError', kind: 'bad-path' })
    await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'big' }, { kind: 'delete', key: 'dir' }] })
    t.equal(await textOf(pfs, bucket, 'big'), undefined)
    t.equal(await textOf(pfs, bucket, 'dir/file'), 'second')
  })

  t.test(`${kind}: a file and a directory of one name fail the one write that brings them together`, async (t) => {
    const pfs = await connect(withoutExtension(await realServer(t, kind, 'pachd')))
    await pfs.createBucket(bucket)
    await put(pfs, bucket, 'a/b', 'x')
    const writes = await Promise.allSettled([put(pfs, bucket, 'first', 'x'), put(pfs, bucket, 'a/b/c', 'x'), put(pfs, bucket, 'other', 'x')])
    t.match(writes.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
    t.match(writes[1], { reason: { kind: 'bad-path' } })
    t.equal(await textOf(pfs, bucket, 'a/b/c'), undefined)
    for (const key of ['a/b', 'first', 'other']) t.equal(await textOf(pfs, bucket, key), 'x', key)
  })

  t.test(`${kind}: listing, conditions and buckets on a plain server`, async (t) => {
    const pfs = await connect(withoutExtension(await realServer(t, kind, 'pachd')))
    await pfs.createBucket(bucket)
    const keys = ['a', 'a-', 'b/1', 'b/2', 'b/c/d', 'c', 'd/x', 'd0']
    await Promise.all(keys.map((key) => put(pfs, bucket, key, key)))
    const at = await pfs.snapshot(bucket)
    const all = { prefix: '', delimiter: '', after: '', afterSubtree: false, limit: 1000 }
    t.same((await pfs.list(at, all)).files.map(({ key }) => key), keys)
    const rolled = await pfs.list(at, { ...all, delimiter: '/' })
    t.same(rolled.files.map(({ key }) => key), ['a', 'a-', 'c', 'd0'])
    t.same(rolled.commonPrefixes, ['b/', 'd/'])
    t.same((await pfs.list(at, { ...all, delimiter: '/', after: 'b/', afterSubtree: true, limit: 2 })).next, 'd/')
    t.same((await pfs.list(at, { ...all, prefix: 'b/', delimiter: '/' })).commonPrefixes, ['b/c/'])
    const judge = (current: Stat | undefined): void => { if (current !== undefined) throw new Error('it is there') }
    await t.rejects(put(pfs, bucket, 'a', 'x', { judge }), { message: 'it is there' })
    await put(pfs, bucket, 'new', 'x', { judge })
    await t.rejects(pfs.deleteBucket(bucket), { name: 'PfsError', kind: 'not-empty' })
    await pfs.write(bucket, { edits: [...keys, 'new'].map((key) => ({ kind: 'delete' as const, key })) })
    await pfs.deleteBucket(bucket)
    await t.rejects(put(pfs, bucket, 'a', 'x'), { name: 'PfsError', kind: 'no-bucket' })
  })
}
