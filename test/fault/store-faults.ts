import { statSync } from 'node:fs'
import t from 'tap'
import { StoreBusy, StoreFull, StorePoisoned } from '../../lib/pfsd/store/failure'
import type { Files } from '../../lib/pfsd/store/files'
import { IndexFailure, openIndexFile, type IndexFile } from '../../lib/pfsd/store/index-file'
import { openStore } from '../../lib/pfsd/store/open-store'
import { faultyFiles, type Fault } from '../support/faulty-files'
import { storeLoad } from '../support/store-load'

/** Small enough that the load below fills several segments. */
const segmentBytes = 4096
const steps = 9

interface Outcome { readonly acked: Set<number>, readonly errors: unknown[] }

/** Three steps at a time, so that groups hold several works. An error of the opening counts like one of a step. */
async function load(directory: string, files: Files, openIndex: (path: string) => IndexFile): Promise<Outcome> {
  const outcome: Outcome = { acked: new Set(), errors: [] }
  let store
  try {
    store = await openStore(directory, { files, segmentBytes, openIndex })
  } catch (error) {
    outcome.errors.push(error)
    return outcome
  }
  for (let n = 0; n < steps; n += 3) {
    await Promise.all([n, n + 1, n + 2].map(async (one) => {
      try {
        await storeLoad.step(store, one)
        outcome.acked.add(one)
      } catch (error) {
        outcome.errors.push(error)
      }
    }))
  }
  await storeLoad.held(store)
  await store.close()
  return outcome
}

async function checkReopened(
  t: { fail(what: string): unknown }, directory: string, acked: ReadonlySet<number>, what: string,
): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const store = await openStore(directory, { segmentBytes })
    const held = await storeLoad.held(store)
    for (const n of acked) if (!held.has(n)) t.fail(`${what}: step ${n} was answered and is lost`)
    await storeLoad.step(store, 100 + round)
    await storeLoad.step(store, 103)
    await store.close()
  }
}

const faults: readonly Fault[] = [{ code: 'EIO' }, { code: 'ENOSPC', torn: 300 }]

for (const fault of faults) {
  t.test(`every call once met ${fault.code}${fault.torn === undefined ? '' : `, torn after ${fault.torn} bytes`}`, async (t) => {
    let failed = true
    let i = 0
    for (; failed; i++) {
      failed = false
      let met = ''
      const { files } = faultyFiles((call, index) => {
        if (index !== i) return undefined
        failed = true
        met = `${call.name} ${call.path.slice(-20)}`
        return fault
      })
      const directory = t.testdir()
      const { acked, errors } = await load(directory, files, openIndexFile)
      if (failed && errors.length === 0 && !met.startsWith('unlink')) t.fail(`call ${i}, ${met}: it failed and nobody heard`)
      if (!failed && acked.size !== steps) t.fail('a load without a fault fails')
      await checkReopened(t, directory, acked, `call ${i}, ${met}`)
    }
    t.ok(i > 20, `${i} calls were failed`)
  })
}

t.test('a full disk under a segment fails that group only', async (t) => {
  let full = false
  const { files } = faultyFiles((call) => full && call.name === 'writev' ? { code: 'ENOSPC', torn: 100 } : undefined)
  const directory = t.testdir()
  const store = await openStore(directory, { files, segmentBytes })
  await storeLoad.step(store, 0)
  full = true
  await t.rejects(storeLoad.step(store, 1), StoreFull)
  await t.rejects(Promise.all([4, 5, 6].map((n) => storeLoad.step(store, n))), StoreFull)
  t.same([...await storeLoad.held(store)], [0])
  full = false
  for (const n of [2, 4, 5, 6]) await storeLoad.step(store, n)
  t.same([...await storeLoad.held(store)].sort(), [0, 2, 4, 5, 6])
  await store.close()
  await checkReopened(t, directory, new Set([0, 2, 4, 5, 6]), 'full')
})

for (const [code, kind] of [['ENOSPC', StoreFull], ['EMFILE', StoreBusy], ['EIO', StoreBusy]] as const) {
  t.test(`the next segment cannot be made: ${code}`, async (t) => {
    let failing = false
    const { files } = faultyFiles((call) => failing && call.name === 'open' && call.path.endsWith('.seg') ? { code } : undefined)
    const directory = t.testdir()
    const store = await openStore(directory, { files, segmentBytes })
    for (const n of [0, 1, 2, 4]) await storeLoad.step(store, n)
    failing = true
    await t.rejects(storeLoad.step(store, 48), kind, 'it does not fit the segment')
    t.same([...await storeLoad.held(store)].sort(), [0, 1, 2, 4])
    await storeLoad.step(store, 5)
    await t.rejects(storeLoad.step(store, 49), kind)
    failing = false
    for (const n of [48, 49, 50]) await storeLoad.step(store, n)
    t.equal((await storeLoad.held(store)).size, 8)
    await store.close()
    await checkReopened(t, directory, new Set([0, 1, 2, 4, 5, 48, 49, 50]), code)
  })
}

t.test('a group that spans several segments is taken back whole, wherever the next one cannot be made', async (t) => {
  let left = Infinity
  const { files } = faultyFiles((call) => call.name === 'open' && call.path.endsWith('.seg') && left-- <= 0 ? { code: 'EMFILE' } : undefined)
  const directory = t.testdir()
  const store = await openStore(directory, { files, segmentBytes })
  await storeLoad.step(store, 0)
  const segments = async (): Promise<number[]> => await Promise.all((await files.list(`${directory}/segments`)).map(async (name) => (
    statSync(`${directory}/segments/${name}`).size)))
  const before = await segments()
  const steps = Array.from({ length: 40 }, (_, i) => 4 * i)
  for (left of [0, 1, 3]) {
    await t.rejects(store.transact((tx) => { for (const n of steps) tx.addBlob(storeLoad.bytes(n)) }), StoreBusy)
    t.same(await segments(), before)
  }
  left = Infinity
  await Promise.all(steps.slice(1).map((n) => storeLoad.step(store, n)))
  t.equal((await storeLoad.held(store)).size, 40)
  await store.close()
  await checkReopened(t, directory, new Set(steps), 'several')
})

t.test('a process without descriptors fails who needs one, and no sync needs one', async (t) => {
  let failing = false
  const { files, done } = faultyFiles((call) => failing && call.name === 'openDirectory' ? { code: 'EMFILE' } : undefined)
  const directory = t.testdir()
  const store = await openStore(directory, { files, segmentBytes })
  failing = true
  await t.rejects(storeLoad.step(store, 3), StoreBusy, 'the directory of the first blob file')
  const smalls = [0, 1, 2, 4, 5, 6, 8, 9, 10]
  for (const n of smalls) await storeLoad.step(store, n)
  t.ok(done.filter((call) => call.name === 'sync' && call.path.endsWith('segments')).length > 1, 'segments were begun meanwhile')
  failing = false
  await storeLoad.step(store, 3)
  failing = true
  await storeLoad.step(store, 7)
  t.equal((await storeLoad.held(store)).size, 11)
  failing = false
  await store.close()
  await checkReopened(t, directory, new Set([...smalls, 3, 7]), 'descriptors')
})

for (const [place, step] of [['segments', 48], ['blobs', 3], ['000', 3]] as const) {
  t.test(`a failed sync of the names in ${place} poisons`, async (t) => {
    let broken = false
    const { files } = faultyFiles((call) => broken && call.name === 'sync' && call.path.endsWith(place) ? { code: 'EIO' } : undefined)
    const directory = t.testdir()
    const store = await openStore(directory, { files, segmentBytes })
    for (const n of [0, 1, 2, 4]) await storeLoad.step(store, n)
    broken = true
    await t.rejects(storeLoad.step(store, step), StorePoisoned)
    broken = false
    await t.rejects(storeLoad.step(store, 5), StorePoisoned)
    await store.close()
    await checkReopened(t, directory, new Set([0, 1, 2, 4]), place)
  })
}

t.test('the last room is left to the index', async (t) => {
  let free = 2 ** 40
  const { files } = faultyFiles(() => undefined)
  files.freeBytes = () => Promise.resolve(free)
  let now = 1000
  const store = await openStore(t.testdir(), { files, now: () => now })
  await storeLoad.step(store, 0)
  free = 1000
  now += 10_000
  await t.rejects(storeLoad.step(store, 1), StoreFull)
  free = 2 ** 30
  await storeLoad.step(store, 2)
  t.same([...await storeLoad.held(store)], [0, 2])
  await store.close()
})

t.test('a failed sync of a segment poisons, reads go on, and the next opening finds what was answered', async (t) => {
  let broken = false
  const { files } = faultyFiles((call) => broken && call.name === 'datasync' ? { code: 'EIO' } : undefined)
  const directory = t.testdir()
  const store = await openStore(directory, { files })
  await storeLoad.step(store, 0)
  broken = true
  await t.rejects(storeLoad.step(store, 1), StorePoisoned)
  broken = false
  await t.rejects(storeLoad.step(store, 2), StorePoisoned)
  t.same([...await storeLoad.held(store)], [0])
  await store.close()
  await checkReopened(t, directory, new Set([0]), 'poisoned')
})

for (const [code, kind] of [[28, StoreFull], [-30792, StoreFull], [5, StorePoisoned]] as const) {
  t.test(`an index that fails with ${code}`, async (t) => {
    let failing = false
    const directory = t.testdir()
    const store = await openStore(directory, {
      segmentBytes,
      openIndex: (path) => {
        const index = openIndexFile(path)
        const commit = index.commit.bind(index)
        index.commit = (changes) => failing ? Promise.reject(new IndexFailure(code, undefined)) : commit(changes)
        return index
      },
    })
    await storeLoad.step(store, 0)
    failing = true
    await t.rejects(storeLoad.step(store, 1), kind)
    failing = false
    if (kind === StoreFull) await storeLoad.step(store, 2)
    else await t.rejects(storeLoad.step(store, 2), StorePoisoned)
    t.same([...await storeLoad.held(store)], kind === StoreFull ? [0, 2] : [0])
    await store.close()
    await checkReopened(t, directory, new Set([0]), String(code))
  })
}

t.test('a batch that the index cannot take leaves nothing behind', async (t) => {
  const index = openIndexFile(`${t.testdir()}/data.mdb`)
  const put = (key: string, value: string): Promise<void> => index.commit([
    { database: 'nodes', key: 'first', value: Buffer.from(value) }, { database: 'nodes', key, value: Buffer.from(value) },
  ])
  await put('k', 'old')
  await t.rejects(put('x'.repeat(5000), 'new'), RangeError)
  await index.commit([{ database: 'nodes', key: 'k', value: Buffer.from('new') }])
  t.equal(index.get('nodes', 'first')?.toString(), 'old')
  t.equal(index.get('nodes', 'k')?.toString(), 'new')
  await index.close()
})
