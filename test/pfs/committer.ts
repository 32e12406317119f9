import t from 'tap'
import { limits } from '../../lib/limits'
import type { Stat } from '../../lib/pfs/contract'
import { Budget } from '../../lib/kit/budget'
import { settle } from '../support/collect'
import { rpcFailure } from '../support/map-server'
import { put, putOf, rig, textOf } from '../support/pfs-rig'

const bucket = 'master.r'

function held(): { promise: Promise<void>, open: () => void } {
  let open: () => void = () => undefined
  return { promise: new Promise((resolve) => { open = resolve }), open: () => open() }
}

class Refusal extends Error { override name = 'Refusal' }

const mustNotExist = (current: Stat | undefined): void => { if (current !== undefined) throw new Refusal() }

t.test('a lone write goes at once, and answers the commit that holds it', async (t) => {
  const { fake, pfs, rpcs } = await rig()
  const first = await put(pfs, bucket, 'a', 'one')
  t.same(rpcs.take(), { ModifyFile: 1 }, 'the server looks at the head')
  const second = await put(pfs, bucket, 'a', 'two')
  t.same(rpcs.take(), { ModifyFile: 1 })
  t.not(first.version, second.version)
  t.equal(second.version, fake.repos.get('default/r.user')?.branches.get('master'))
  t.equal(await textOf(pfs, bucket, 'a'), 'two', 'an overwrite replaces')
  t.equal(await textOf(pfs, bucket, 'a', first.version), 'one')
  t.same(fake.batches, [['-/a', '+/a'], ['-/a', '+/a']])
})

t.test('what comes while a commit is under way makes one commit together', async (t) => {
  const { fake, pfs, rpcs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  const writes = Array.from({ length: 32 }, (_, i) => put(pfs, bucket, `k${i}`, `v${i}`))
  await settle()
  gate.open()
  const versions = new Set((await Promise.all(writes)).map(({ version }) => version))
  t.equal(rpcs.take()['ModifyFile'], 2)
  t.equal(versions.size, 2)
  t.equal(fake.batches[1]?.length, 62)
  for (let i = 0; i < 32; i++) t.equal(await textOf(pfs, bucket, `k${i}`), `v${i}`)
})

t.test('32 writers that go on writing share their commits', async (t) => {
  const { pfs, rpcs } = await rig()
  await Promise.all(Array.from({ length: 32 }, async (_, writer) => {
    for (let i = 0; i < 10; i++) await put(pfs, bucket, `w${writer}/${i}`, 'x')
  }))
  const { ModifyFile: commits } = rpcs.take()
  t.ok(commits !== undefined && commits <= 40, `${commits} commits for 320 writes`)
})

t.test('the same key goes in two commits, in order; others do not wait for it', async (t) => {
  const { fake, pfs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  const writes = [put(pfs, bucket, 'first', '')]
  await settle()
  for (const [key, text] of [['a', '1'], ['a', '2'], ['b', '1'], ['a', '3']] as const) writes.push(put(pfs, bucket, key, text))
  await settle()
  gate.open()
  await Promise.all(writes)
  t.same(fake.batches, [['-/first', '+/first'], ['-/a', '+/a', '-/b', '+/b'], ['-/a', '+/a'], ['-/a', '+/a']])
  t.equal(await textOf(pfs, bucket, 'a'), '3')
})

t.test('writes of one key do not wait for each other\'s answers where the server takes them in order', async (t) => {
  for (const ordered of [true, false]) {
    const { fake, pfs, rpcs } = await rig({ ordered })
    const gate = held()
    fake.gate = gate.promise
    const writes = [put(pfs, bucket, 'a', '0')]
    await settle()
    for (let i = 1; i < 10; i++) writes.push(put(pfs, bucket, 'a', `${i}`))
    await settle()
    const second = held()
    fake.gate = second.promise
    gate.open()
    await settle()
    t.equal(rpcs.take()['ModifyFile'], ordered ? 10 : 2, 'under way together')
    second.open()
    const versions = (await Promise.all(writes)).map(({ version }) => version)
    for (const [i, version] of versions.entries()) t.equal(await textOf(pfs, bucket, 'a', version), `${i}`, 'each version is its own')
    t.equal(await textOf(pfs, bucket, 'a'), '9', 'in order')
  }
})

t.test('of writes that are under way together one may fail, and a condition sees all before it', async (t) => {
  const { fake, pfs } = await rig({ ordered: true })
  const gate = held()
  fake.gate = gate.promise
  fake.check = ({ add_file: file }) => { if (file?.raw?.value?.toString() === 'bad') throw rpcFailure(2, 'path (/a) invalid') }
  const seen: (number | undefined)[] = []
  const judge = (current: Stat | undefined): void => { seen.push(current?.size) }
  const first = put(pfs, bucket, 'first', '')
  await settle()
  const writes = ['1', 'bad', '333'].map((text) => put(pfs, bucket, 'a', text))
  await settle()
  writes.push(put(pfs, bucket, 'a', '4444', { judge }))
  await settle()
  writes.push(put(pfs, bucket, 'a', '55555'))
  await settle()
  gate.open()
  const outcomes = await Promise.allSettled([first, ...writes])
  t.same(outcomes.flatMap(({ status }, i) => status === 'rejected' ? [i] : []), [2])
  t.same(seen, [3])
  t.equal(await textOf(pfs, bucket, 'a'), '55555')
})

t.test('a delete and a put of one key go in two commits as well', async (t) => {
  const { fake, pfs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  const first = put(pfs, bucket, 'first', '')
  await settle()
  const a = put(pfs, bucket, 'a', '1')
  await settle()
  const b = pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a' }, { kind: 'delete', key: 'b' }] })
  await settle()
  gate.open()
  await Promise.all([first, a, b])
  t.same(fake.batches.slice(1), [['-/a', '+/a'], ['-/a', '-/b']])
  t.equal(await textOf(pfs, bucket, 'a'), undefined)
})

t.test('a batch is bounded in edits', async (t) => {
  const { fake, pfs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  const writes = [put(pfs, bucket, 'first', '')]
  await settle()
  for (let i = 0; i < 6; i++) {
    writes.push(pfs.write(bucket, { edits: Array.from({ length: 1000 }, (_, k) => ({ kind: 'delete' as const, key: `${i}/${k}` })) }))
  }
  gate.open()
  await Promise.all(writes)
  t.same(fake.batches.map((batch) => batch.length), [2, 4000, 2000])
})

t.test('a batch is bounded in bytes', async (t) => {
  const { fake, pfs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  const writes = [put(pfs, bucket, 'first', '')]
  await settle()
  const count = limits.batchBytesMax / limits.heldBodyBytesMax + 10
  for (let i = 0; i < count; i++) writes.push(put(pfs, bucket, `k${i}`, Buffer.alloc(limits.heldBodyBytesMax)))
  await settle()
  gate.open()
  await Promise.all(writes)
  t.equal(fake.batches.length, 3)
})

t.test('a member that the server refuses fails alone', async (t) => {
  const { fake, pfs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  const writes = [put(pfs, bucket, 'first', '')]
  await settle()
  fake.check = (message) => {
    if (message.add_file?.path === '/bad') throw rpcFailure(2, 'path (/bad) invalid: globbing character (*) not allowed in path')
  }
  for (const key of ['a', 'bad', 'c']) writes.push(put(pfs, bucket, key, key))
  await settle()
  gate.open()
  const [, a, bad, c] = await Promise.allSettled(writes)
  t.match([a?.status, bad?.status, c?.status], ['fulfilled', 'rejected', 'fulfilled'])
  t.match(bad?.status === 'rejected' ? bad.reason : undefined, { name: 'PfsError', kind: 'bad-path' })
  t.equal(await textOf(pfs, bucket, 'a'), 'a')
  t.equal(await textOf(pfs, bucket, 'c'), 'c')
})

t.test('weather is for all of a batch, and is not tried again', async (t) => {
  const { fake, pfs, rpcs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  const first = put(pfs, bucket, 'first', '')
  await settle()
  fake.check = () => { throw rpcFailure(14, 'gone') }
  const writes = Promise.allSettled(['a', 'b'].map((key) => put(pfs, bucket, key, key)))
  await settle()
  gate.open()
  await Promise.allSettled([first])
  for (const write of await writes) t.match(write, { status: 'rejected', reason: { kind: 'unavailable' } })
  t.equal(rpcs.take()['ModifyFile'], 2)
})

t.test('without a condition it does not matter who moves the head', async (t) => {
  const { fake, repo, pfs, rpcs } = await rig()
  await put(pfs, bucket, 'a', 'one')
  const gate = held()
  fake.gate = gate.promise
  const write = put(pfs, bucket, 'c', 'ours')
  await settle()
  const foreign = fake.addCommit(repo, 'master')
  foreign.files.set('/b', { bytes: Buffer.from('theirs'), created: foreign.id, time: foreign.time })
  rpcs.take()
  gate.open()
  const { version } = await write
  t.same(rpcs.take(), {}, 'it was sent once')
  t.equal(repo.commits.get(version)?.parent, foreign.id)
  t.equal(await textOf(pfs, bucket, 'b'), 'theirs')
  t.equal(await textOf(pfs, bucket, 'c', version), 'ours')
})

t.test('a write whose client is gone before its batch begins is dropped; behind that it stands', async (t) => {
  const { fake, pfs } = await rig()
  const gate = held()
  fake.gate = gate.promise
  let gone = false
  const first = pfs.write(bucket, { ...await putOf(pfs, 'first', 'x'), abandoned: () => gone })
  await settle()
  const second = pfs.write(bucket, { ...await putOf(pfs, 'second', 'x'), abandoned: () => gone })
  const third = put(pfs, bucket, 'third', 'x')
  await settle()
  gone = true
  gate.open()
  await first
  await t.rejects(second, { name: 'PfsError', kind: 'abandoned' })
  await third
  t.same(fake.batches, [['-/first', '+/first'], ['-/third', '+/third']])
})

t.test('a branch that is gone is not made again', async (t) => {
  const { fake, pfs } = await rig()
  await put(pfs, bucket, 'a', 'x')
  fake.repos.get('default/r.user')?.branches.delete('master')
  await t.rejects(put(pfs, bucket, 'b', 'x'), { name: 'PfsError', kind: 'no-bucket' })
  t.equal(fake.repos.get('default/r.user')?.branches.size, 0)
  await t.rejects(put(pfs, 'master.other', 'b', 'x'), { name: 'PfsError', kind: 'no-bucket' })
})

t.test('a write waits for a head that somebody holds open', async (t) => {
  const { fake, repo, pfs } = await rig()
  await put(pfs, bucket, 'a', 'x')
  const open = fake.addCommit(repo, 'master', { state: 'open' })
  let done = false
  const write = put(pfs, bucket, 'b', 'x').then((written) => { done = true; return written })
  t.equal(await textOf(pfs, bucket, 'a'), 'x', 'reads go on at the commit before')
  await settle()
  t.notOk(done)
  t.same(fake.batches.length, 1)
  open.state = 'finished'
  await write
  t.equal(await textOf(pfs, bucket, 'b'), 'x')
})

t.test('a failed head is built on, from what was good before it', async (t) => {
  const { fake, repo, pfs } = await rig()
  await put(pfs, bucket, 'a', 'x')
  const failed = fake.addCommit(repo, 'master', { error: 'file / directory path collision (/a)' })
  failed.files.set('/a/b', { bytes: Buffer.from(''), created: failed.id, time: 1 })
  t.equal(await textOf(pfs, bucket, 'a/b'), undefined)
  await put(pfs, bucket, 'c', 'x', { judge: mustNotExist })
  t.equal(await textOf(pfs, bucket, 'a'), 'x')
  t.equal(await textOf(pfs, bucket, 'a/b'), undefined)
})

t.test('every end of a change gives its bytes back', async (t) => {
  const { fake, pfs } = await rig({ budget: new Budget(1000) })
  for (let i = 0; i < 5; i++) await put(pfs, bucket, 'a', Buffer.alloc(900))
  for (let i = 0; i < 5; i++) await t.rejects(put(pfs, bucket, 'a', Buffer.alloc(900), { judge: mustNotExist }), { name: 'Refusal' })
  for (let i = 0; i < 5; i++) await t.rejects(put(pfs, 'no', 'a', Buffer.alloc(900)), { name: 'PfsError', kind: 'no-bucket' })
  for (let i = 0; i < 5; i++) await t.rejects(put(pfs, '-bad-', 'a', Buffer.alloc(900)), { name: 'PfsError', kind: 'bad-name' })
  t.equal(fake.fileSets.size, 0, 'all had room in memory')
})
