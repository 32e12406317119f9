import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { diskFiles } from '../../lib/pfsd/store/files'
import { openIndexFile } from '../../lib/pfsd/store/index-file'
import { openStore } from '../../lib/pfsd/store/open-store'
import { faultyFiles, type Call } from '../support/faulty-files'
import { storeLoad } from '../support/store-load'

/**
 * A power cut at any call, rebuilt from a record of the calls: of each file what was synced is kept, every other page of it is
 * kept or lost by a throw of dice, and a file whose directory was not synced may be missing. The index is taken as it stood
 * at its last commit, which is what its own two syncs promise.
 */
const segmentBytes = 16 * 1024
const pageBytes = 512

interface Recording {
  readonly calls: readonly Call[]
  /** After so many calls the index was committed, and its copy is there. */
  readonly commits: readonly { readonly calls: number, readonly copy: string }[]
  readonly acks: readonly { readonly calls: number, readonly step: number }[]
}

async function record(directory: string, copies: string): Promise<Recording> {
  const { files, done } = faultyFiles(() => undefined)
  const commits: { calls: number, copy: string }[] = []
  const acks: { calls: number, step: number }[] = []
  mkdirSync(copies, { recursive: true })
  const store = await openStore(directory, {
    files,
    segmentBytes,
    openIndex: (path) => {
      const index = openIndexFile(path)
      const commit = index.commit.bind(index)
      const keep = (): void => {
        const copy = join(copies, `${commits.length}.mdb`)
        copyFileSync(path, copy)
        commits.push({ calls: done.length, copy })
      }
      index.commit = async (changes) => {
        await commit(changes)
        keep()
      }
      return index
    },
  })
  for (let n = 0; n < 40; n += 5) {
    await Promise.all([0, 1, 2, 3, 4].map(async (i) => {
      await storeLoad.step(store, n + i)
      acks.push({ calls: done.length, step: n + i })
    }))
  }
  const recording = { calls: [...done], commits: [...commits], acks: [...acks] }
  await store.close()
  return recording
}

/** The content of a file after `calls`, with dice for the pages that were not synced; undefined: no such file. */
function fileAfter(calls: readonly Call[], path: string, keep: () => boolean): Buffer | undefined {
  const own = calls.filter((call) => call.path === path)
  const created = calls.findIndex((call) => call.name === 'open' && call.path === path)
  const entrySynced = calls.some((call, i) => i > created && call.name === 'sync' && call.path === dirname(path))
  if (created === -1 || own.some((call) => call.name === 'unlink') || (!entrySynced && !keep())) return undefined
  let lastSync = -1
  own.forEach((call, i) => { if (call.name === 'datasync') lastSync = i })
  let bytes = Buffer.alloc(0)
  own.forEach((call, i) => {
    if (call.name !== 'writev') return
    const written = Buffer.concat(call.buffers ?? [])
    for (let at = 0; at < written.length; at += pageBytes) {
      if (i > lastSync && !keep()) continue
      const page = written.subarray(at, at + pageBytes)
      const start = (call.position ?? 0) + at
      const grown = Buffer.alloc(Math.max(bytes.length, start + page.length))
      bytes.copy(grown)
      page.copy(grown, start)
      bytes = grown
    }
  })
  return bytes
}

t.test('after a power cut at any point, all that was answered is whole', async (t) => {
  const root = t.testdir()
  const original = join(root, 'original')
  const recording = await record(original, join(root, 'copies'))
  const first = recording.commits[0]?.calls ?? 0
  let number = 0
  const cuts = fc.record({
    at: fc.integer({ min: first, max: recording.calls.length }),
    kept: fc.constantFrom(0, 50, 90),
    dice: fc.infiniteStream(fc.integer({ min: 0, max: 99 })),
  })
  await fc.assert(fc.asyncProperty(cuts, async ({ at, kept, dice }) => {
    const directory = join(root, `cut${number++}`)
    const calls = recording.calls.slice(0, at)
    const keep = (): boolean => Number(dice.next().value) < kept
    for (const path of new Set(calls.filter((call) => call.name === 'open').map((call) => call.path))) {
      const bytes = basename(path).startsWith('FORMAT') ? undefined : fileAfter(calls, path, keep)
      if (bytes === undefined) continue
      const copy = join(directory, relative(original, path))
      mkdirSync(dirname(copy), { recursive: true })
      writeFileSync(copy, bytes)
    }
    mkdirSync(join(directory, 'index'), { recursive: true })
    copyFileSync(join(original, 'FORMAT'), join(directory, 'FORMAT'))
    const index = recording.commits.filter((commit) => commit.calls <= at).at(-1)
    copyFileSync(index?.copy ?? '', join(directory, 'index', 'data.mdb'))
    const store = await openStore(directory)
    try {
      const held = await storeLoad.held(store)
      // A step that was answered at the very call of the cut may stand behind it, so only earlier ones are owed.
      for (const ack of recording.acks) if (ack.calls < at) t.ok(held.has(ack.step) || t.fail(`step ${ack.step} is lost by a cut at ${at}`))
      await storeLoad.step(store, 200)
      await storeLoad.held(store)
    } finally {
      await store.close()
    }
  }), { numRuns: 60, seed: 7 })
  t.ok((await diskFiles.list(root)).length > 60)
})
