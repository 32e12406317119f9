import t from 'tap'
import { commitOf } from '../../lib/pfs/modify'
import { collectBytes } from '../support/collect'
import { put, rig, staged } from '../support/pfs-rig'

const bucket = 'master.r'

t.test('file sets and copies go in by reference, with their attributes', async (t) => {
  const { fake, pfs, rpcs } = await rig()
  const big = Buffer.alloc(1_000_000, 'x')
  await pfs.write(bucket, { edits: [{ kind: 'put', key: 'big', content: await staged(pfs, big), attributes: { entries: { type: 'text/plain' } } }] })
  t.same(rpcs.take(), { CreateFileSet: 1, ModifyFile: 1 })
  const from = await pfs.stat(await pfs.snapshot(bucket), 'big')
  if (from === undefined) throw new Error('the object is there')
  t.same(from.attributes, { entries: { type: 'text/plain' } })
  await pfs.write(bucket, { edits: [{ kind: 'put', key: 'kept', content: { kind: 'copy', from } }] })
  await pfs.write(bucket, { edits: [{ kind: 'put', key: 'replaced', content: { kind: 'copy', from }, attributes: { entries: {} } }] })
  t.same(fake.batches.slice(1), [['=/kept'], ['=/replaced']])
  const now = await pfs.snapshot(bucket)
  const kept = await pfs.stat(now, 'kept')
  t.same(kept?.attributes, { entries: { type: 'text/plain' } })
  t.same((await pfs.stat(now, 'replaced'))?.attributes, { entries: {} })
  if (kept === undefined) throw new Error('the object is there')
  t.ok((await collectBytes(pfs.read(kept, 0, kept.size))).equals(big))
})

t.test('keys that cannot be held are refused before they reach a batch', async (t) => {
  const { pfs, rpcs } = await rig()
  await t.rejects(put(pfs, bucket, 'a\0b', 'x'), { name: 'PfsError', kind: 'bad-path' })
  await t.rejects(put(pfs, bucket, '', 'x'), { name: 'PfsError', kind: 'bad-path' })
  t.same(rpcs.take(), {})
})

t.test('an answer that does not name its commit is a fault', (t) => {
  t.throws(() => commitOf({}), { name: 'PfsError', kind: 'internal' })
  t.throws(() => commitOf({ 'pfs-commit-id': 'x', 'pfs-commit-time': 'noon' }), { name: 'PfsError', kind: 'internal' })
  t.same(commitOf({ 'pfs-commit-id': 'x', 'pfs-commit-time': '12' }), { commit: 'x', time: 12 })
  t.end()
})
