import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { sealNode } from '../../../lib/pfsd/model/seal'
import { StoreRefused } from '../../../lib/pfsd/store/failure'
import { diskFiles } from '../../../lib/pfsd/store/files'
import { openIndexFile } from '../../../lib/pfsd/store/index-file'
import { openStore } from '../../../lib/pfsd/store/open-store'
import { sample } from '../../support/sample'

t.test('rows, nodes and blobs outlive a restart', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const made = await store.transact((tx) => {
    const row = sample.commit(tx, 7, 0)
    const node = tx.reserveNode()
    tx.putNode(node, sealNode(node, Buffer.from('....four and more')))
    tx.putProject({ id: tx.nextId(), name: 'dëfault', description: 'd', created: tx.now })
    tx.putRepo({ id: 7, project: 1, name: 'r', type: 'user', description: '', created: tx.now })
    tx.putBranch({ id: tx.nextId(), repo: 7, name: 'master', head: row.seq, created: tx.now })
    tx.putFileSet({ token: 'f'.repeat(32), root: node, expires: 0 })
    return { row, node, blob: tx.addBlob(Buffer.from('hello')) }
  })
  const check = (reader: typeof store): void => {
    t.same(reader.read.commit(made.row.seq), made.row)
    t.same(reader.read.commitById(7, made.row.id), made.row)
    t.same([...reader.read.commits(7)], [made.row])
    t.equal(reader.read.node(made.node).toString('utf8', 4), 'four and more')
    t.equal(reader.read.project('dëfault')?.description, 'd')
    t.equal(reader.read.repoById(7)?.name, 'r')
    t.equal(reader.read.branch(7, 'master')?.head, made.row.seq)
    t.equal(reader.read.fileSet('f'.repeat(32))?.root, made.node)
    t.equal(reader.readBlobNow(made.blob, 1, 3)?.toString(), 'ell')
  }
  check(store)
  await store.close()
  const again = await openStore(directory)
  check(again)
  t.equal((await again.readBlob(made.blob, 0, 5)).toString(), 'hello')
  const next = await again.transact((tx) => ({ seq: tx.nextCommitSeq(), node: tx.reserveNode }))
  t.ok(next.seq > made.row.seq)
  await again.close()
})

t.test('a work that throws leaves nothing, and its neighbours stand', async (t) => {
  const store = await openStore(t.testdir())
  const put = (name: string, fails: boolean) => store.transact((tx) => {
    tx.putProject({ id: tx.nextId(), name, description: '', created: tx.now })
    tx.addBlob(Buffer.from(name))
    if (fails) throw new Error(`no ${name}`)
    return [...tx.projects()].map((row) => row.name)
  })
  const answers = await Promise.allSettled([put('a', false), put('b', true), put('c', false)])
  t.same(answers.map((answer) => answer.status === 'fulfilled' ? answer.value : String(answer.reason)), [['a'], 'Error: no b', ['a', 'c']])
  t.same([...store.read.projects()].map((row) => row.name), ['a', 'c'])
  await store.close()
})

t.test('a node that was reserved must be put, and a work must be synchronous', async (t) => {
  const store = await openStore(t.testdir())
  await t.rejects(store.transact((tx) => tx.reserveNode()), /never put/)
  await t.rejects(store.transact(async () => {}), TypeError)
  let kept: import('../../../lib/pfsd/store/store').Tx | undefined
  await store.transact((tx) => { kept = tx })
  t.throws(() => kept?.deleteNode(1), /has ended/)
  await store.close()
})

t.test('a hundred transactions at once need few commits, and one alone needs one', async (t) => {
  let commits = 0
  const store = await openStore(t.testdir(), {
    openIndex: (path) => {
      const index = openIndexFile(path)
      const commit = index.commit.bind(index)
      index.commit = (changes) => {
        commits++
        return commit(changes)
      }
      return index
    },
  })
  const put = () => store.transact((tx) => tx.putProject({ id: tx.nextId(), name: `p${tx.nextId()}`, description: '', created: 0 }))
  commits = 0
  await put()
  t.equal(commits, 1)
  await Promise.all(Array.from({ length: 100 }, put))
  t.ok(commits <= 3, `${commits} commits`)
  t.equal([...store.read.projects()].length, 101)
  await store.transact((tx) => tx.project('p1'))
  t.ok(commits <= 3, 'a transaction without changes writes nothing')
  await store.close()
})

t.test('a freed node can be read until the next group, and is gone after a restart', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const id = await store.transact((tx) => {
    const node = tx.reserveNode()
    tx.putNode(node, sealNode(node, Buffer.alloc(20, 1)))
    return node
  })
  await store.transact((tx) => tx.deleteNode(id))
  t.equal(store.read.node(id).length, 20)
  await store.close()
  const again = await openStore(directory)
  t.throws(() => again.read.node(id), /no node/)
  await again.close()
})

t.test('a file set whose row cannot be read stays, and stops nothing', async (t) => {
  const directory = t.testdir()
  let now = 1_000_000
  const store = await openStore(directory, { now: () => now })
  await store.transact((tx) => {
    for (const token of ['a', 'b']) tx.putFileSet({ token: token.repeat(32), root: 0, expires: now + 10 })
  })
  await store.close()
  const index = openIndexFile(`${directory}/index/data.mdb`)
  await index.commit([{ database: 'sets', key: 'a'.repeat(32), value: Buffer.from([0xff]) }])
  await index.close()
  now += 3_600_000
  const again = await openStore(directory, { now: () => now })
  for (const name of ['x', 'y']) await again.transact((tx) => tx.putProject({ id: tx.nextId(), name, description: '', created: tx.now }))
  t.same([...again.read.projects()].map((row) => row.name), ['x', 'y'])
  await again.close()
})

t.test('expired file sets are not found, and their rows go', async (t) => {
  let now = 1_000_000
  const directory = t.testdir()
  const store = await openStore(directory, { now: () => now })
  const token = (n: number) => String(n).padStart(32, '0')
  await store.transact((tx) => {
    for (let n = 0; n < 3; n++) tx.putFileSet({ token: token(n), root: 0, expires: n === 2 ? 0 : now + 10 + n })
  })
  now += 10
  t.same([0, 1, 2].map((n) => store.read.fileSet(token(n))?.expires), [undefined, 1_000_011, 0])
  now += 1_000_000
  await store.transact(() => {})
  await store.close()
  const back = await openStore(directory, { now: () => 0 })
  t.same([0, 1, 2].map((n) => back.read.fileSet(token(n))?.expires), [undefined, undefined, 0])
  await back.close()
})

t.test('commits that move, go and are deleted keep the look-ups right', async (t) => {
  const store = await openStore(t.testdir())
  const [a, b, c] = await store.transact((tx) => {
    const first = sample.commit(tx, 1, 0)
    const second = sample.commit(tx, 1, first.seq)
    return [first, second, sample.commit(tx, 1, second.seq)] as const
  })
  await store.transact((tx) => {
    tx.putCommit({ ...b, gone: true })
    tx.putCommit({ ...c, parent: a.seq })
  })
  t.same([...store.read.children(a.seq)], [c.seq])
  t.same([...store.read.children(b.seq)], [])
  t.same([...store.read.commits(1)].map((row) => row.seq), [c.seq, a.seq])
  t.equal(store.read.commitById(1, b.id), undefined)
  t.equal(store.read.commit(b.seq)?.gone, true)
  await store.transact((tx) => tx.deleteCommit(c))
  t.same([...store.read.children(a.seq)], [])
  await store.close()
})

t.test('a directory takes one opener, says who has it, and is free again after close', async (t) => {
  const directory = t.testdir()
  const both = await Promise.allSettled([openStore(directory), openStore(directory)])
  const won = both.filter((one) => one.status === 'fulfilled')
  t.equal(won.length, 1)
  const lost = both.find((one) => one.status === 'rejected')
  t.ok(lost?.reason instanceof StoreRefused)
  await t.rejects(openStore(directory), { message: new RegExp(`process ${process.pid}`) })
  for (const one of won) await one.value.close()
  await (await openStore(directory)).close()
  // A killed process leaves its LOCK file; the number in it may be anyone's by now.
  const fd = await diskFiles.open(`${directory}/LOCK`, 'create')
  await diskFiles.writev(fd, [Buffer.from(JSON.stringify({ pid: process.ppid, boot: 'before', started: '1' }))], 0)
  await diskFiles.close(fd)
  await (await openStore(directory)).close()
})

t.test('a store whose format is newer, unreadable or missing is not opened, and not locked for ever', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  await store.transact((tx) => tx.putFileSet({ token: 'a', root: 0, expires: 0 }))
  await store.close()
  const write = (text: string): void => writeFileSync(`${directory}/FORMAT`, text)
  write('{"version":2,"uuid":"u","segmentBytes":1}')
  await t.rejects(openStore(directory), { name: 'StoreRefused', message: /version 2/ })
  write('{"vers')
  await t.rejects(openStore(directory), { name: 'StoreDamaged' })
  rmSync(`${directory}/FORMAT`)
  await t.rejects(openStore(directory), { name: 'StoreDamaged', message: /FORMAT file is missing/ })
  write(JSON.stringify({ version: 1, uuid: 'u', segmentBytes: 256 * 1024 * 1024 }))
  await (await openStore(directory)).close()
})

t.test('a lost index is damage: nothing is taken for garbage', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  await store.transact((tx) => tx.addBlob(Buffer.alloc(100)))
  await store.close()
  rmSync(`${directory}/index`, { recursive: true })
  for (let i = 0; i < 2; i++) await t.rejects(openStore(directory), { name: 'StoreDamaged', message: /index is empty or missing/ })
  t.equal(statSync(`${directory}/segments/00000000.seg`).size, 122)
})

t.test('a segment shorter than the index knows is damage, not a fresh start', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  await store.transact((tx) => tx.addBlob(Buffer.alloc(100)))
  await store.close()
  truncateSync(`${directory}/segments/00000000.seg`, 50)
  await t.rejects(openStore(directory), { name: 'StoreDamaged', message: /segment 0 ends at 50/ })
})

t.test('what is queued before close is done, what comes after is refused', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const queued = store.transact((tx) => tx.putProject({ id: 1, name: 'last', description: '', created: 0 }))
  const closing = store.close()
  await t.rejects(store.transact(() => {}), /closed/)
  await queued
  await closing
  await store.close()
  const again = await openStore(directory)
  t.equal(again.read.project('last')?.id, 1)
  await again.close()
})
