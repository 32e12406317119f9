import t from 'tap'
import { deferred } from '../../lib/kit/deferred'
import type { Stat } from '../../lib/pfs/contract'
import { settle } from '../support/collect'
import { put, rig, textOf } from '../support/pfs-rig'

const bucket = 'master.r'

class Refusal extends Error { override name = 'Refusal' }

const mustNotExist = (current: Stat | undefined): void => { if (current !== undefined) throw new Refusal() }
const mustExist = (current: Stat | undefined): void => { if (current === undefined) throw new Refusal() }

t.test('conditions are judged against the state that the commit is built on', async (t) => {
  const { pfs, rpcs } = await rig()
  const results = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => put(pfs, bucket, 'once', `${i}`, { judge: mustNotExist })))
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of results) if (result.status === 'rejected') t.ok(result.reason instanceof Refusal)
  rpcs.take()
  await t.rejects(put(pfs, bucket, 'once', 'x', { judge: mustNotExist }), { name: 'Refusal' })
  t.same(rpcs.take(), { InspectBranch: 1 }, 'a refusal looks at the head first, and makes no commit')
  await put(pfs, bucket, 'once', 'y', { judge: mustExist })
  t.same(rpcs.take(), { InspectBranch: 1, ModifyFile: 1 })
})

t.test('a head that moved under a condition has it judged again where its key was written', async (t) => {
  const { fake, repo, pfs, rpcs } = await rig()
  await put(pfs, bucket, 'c', 'ours', { judge: () => { fake.addCommit(repo, 'master') } })
  t.equal(rpcs.take()['ModifyFile'], 1)
  let judged = 0
  await t.rejects(put(pfs, bucket, 'd', 'ours', {
    judge: (current) => {
      if (++judged > 1) return mustNotExist(current)
      const moved = fake.addCommit(repo, 'master')
      moved.files.set('/d', { bytes: Buffer.from('theirs'), created: moved.id, time: moved.time })
    },
  }), { name: 'Refusal' })
  t.equal(judged, 2)
  t.equal(await textOf(pfs, bucket, 'd'), 'theirs')
})

t.test('a condition that always loses takes nothing without one along', async (t) => {
  const { fake, repo, pfs } = await rig()
  const gate = deferred()
  fake.gate = gate.promise
  const first = put(pfs, bucket, 'first', '')
  await settle()
  const judge = (): void => {
    const moved = fake.addCommit(repo, 'master')
    moved.files.set('/a', { bytes: Buffer.from('theirs'), created: moved.id, time: moved.time })
  }
  const lost = put(pfs, bucket, 'a', 'x', { judge })
  await settle()
  const writes = [put(pfs, bucket, 'b', 'x'), put(pfs, bucket, 'c', 'x')]
  await settle()
  gate.resolve()
  await t.rejects(lost, { name: 'PfsError', kind: 'exhausted' })
  await Promise.all([first, ...writes])
  t.same(fake.batches, [['-/first', '+/first'], ['-/b', '+/b', '-/c', '+/c']])
})

t.test('a head that is dropped while a condition is judged has it judged again', async (t) => {
  const { fake, repo, pfs } = await rig()
  await put(pfs, bucket, 'a', 'one')
  const first = repo.branches.get('master') ?? ''
  const dropped = fake.addCommit(repo, 'master')
  const write = put(pfs, bucket, 'b', 'x', { judge: mustNotExist })
  fake.beforeGlob = () => {
    repo.commits.delete(dropped.id)
    repo.branches.set('master', first)
    fake.beforeGlob = () => undefined
  }
  await write
  t.equal(await textOf(pfs, bucket, 'b'), 'x')
})

t.test('lenient refusals are reported, strict ones refuse the change; neither touches the neighbours', async (t) => {
  const { pfs, rpcs } = await rig()
  await put(pfs, bucket, 'a', 'x')
  await put(pfs, bucket, 'b', 'x')
  const written = await pfs.write(bucket, {
    edits: [
      { kind: 'delete', key: 'a', lenient: true, judge: mustNotExist },
      { kind: 'delete', key: 'b', lenient: true, judge: mustExist },
      { kind: 'delete', key: 'b', lenient: true, judge: mustNotExist },
    ],
  })
  t.same([...written.refused.keys()], [0, 2])
  t.ok(written.refused.get(0) instanceof Refusal)
  t.equal(await textOf(pfs, bucket, 'a'), 'x')
  t.equal(await textOf(pfs, bucket, 'b'), undefined)
  rpcs.take()
  const none = await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a', lenient: true, judge: mustNotExist }] })
  t.same([...none.refused.keys()], [0])
  t.equal(none.version, written.version)
  t.same(rpcs.take(), { InspectBranch: 1 }, 'nothing is left to commit')
  await t.rejects(pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a' }, { kind: 'delete', key: 'c', judge: mustExist }] }), { name: 'Refusal' })
  t.equal(await textOf(pfs, bucket, 'a'), 'x', 'a change is made whole or not at all')
})
