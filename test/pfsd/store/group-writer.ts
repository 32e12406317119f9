import t from 'tap'
import { StorePoisoned } from '../../../lib/pfsd/store/failure'
import { openIndexFile } from '../../../lib/pfsd/store/index-file'
import { openStore } from '../../../lib/pfsd/store/open-store'

t.test('a work of more small blobs than the stack takes arguments is written whole', async (t) => {
  const directory = t.testdir()
  const count = 200_000
  const store = await openStore(directory)
  const put = (name: string, blobs: number) => store.transact((tx) => {
    tx.putProject({ id: tx.nextId(), name, description: '', created: tx.now })
    return Array.from({ length: blobs }, (_, i) => tx.addBlob(Buffer.from([i % 251])))
  })
  const [ids] = await Promise.all([put('large', count), put('beside', 1)])
  await store.close()
  const again = await openStore(directory)
  t.same([...again.read.projects()].map((row) => row.name), ['beside', 'large'])
  for (const i of [0, 1, 70_000, count - 1]) t.equal(again.readBlobNow(ids[i] ?? 0, 0, 1)?.[0], i % 251)
  await again.close()
})

t.test('a row that the format cannot hold fails its own work alone', async (t) => {
  const store = await openStore(t.testdir())
  const put = (name: string, created: number) => store.transact((tx) => tx.putProject({ id: tx.nextId(), name, description: '', created }))
  const outcomes = await Promise.allSettled([put('a', 1), put('b', 2 ** 48), put('c', 2 ** 48 - 1), put('d', -1)])
  t.match(outcomes, [{ status: 'fulfilled' }, { reason: RangeError }, { status: 'fulfilled' }, { reason: RangeError }])
  await put('e', 1)
  t.same([...store.read.projects()].map((row) => row.name), ['a', 'c', 'e'])
  await store.close()
})

t.test('what fails beside the works poisons the store before anything of the group is written', async (t) => {
  const directory = t.testdir()
  let now = 1_000_000
  let broken = false
  const store = await openStore(directory, {
    now: () => now,
    openIndex: (path) => {
      const index = openIndexFile(path)
      const range = index.range.bind(index)
      index.range = (...asked) => {
        if (broken && asked[0] === 'expiry') throw new Error('no range')
        return range(...asked)
      }
      return index
    },
  })
  const put = (name: string) => store.transact((tx) => tx.putProject({ id: tx.nextId(), name, description: '', created: tx.now }))
  await put('a')
  now += 3_600_000
  broken = true
  const both = [put('b'), put('c')]
  for (const one of both) await t.rejects(one, StorePoisoned)
  broken = false
  await t.rejects(put('d'), StorePoisoned)
  t.same([...store.read.projects()].map((row) => row.name), ['a'])
  await store.close()
  const again = await openStore(directory)
  t.same([...again.read.projects()].map((row) => row.name), ['a'])
  await again.close()
})
