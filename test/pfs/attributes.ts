import fc from 'fast-check'
import t from 'tap'
import { attributesFromWire, attributesToWire } from '../../lib/pfs/attributes'
import { Budget } from '../../lib/kit/budget'
import { methodOf } from '../../lib/pfs/transports/grpc-methods'
import { pathOf } from '../../lib/pfs/path'
import { factsOf } from '../../lib/pfs/stat'
import { Turns } from '../../lib/pfs/turns'
import { settle } from '../support/collect'

/** The small pieces of the room. */
const entries = fc.dictionary(fc.string({ maxLength: 5 }).filter((name) => name !== '__proto__'), fc.string({ maxLength: 5 }))
const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 5 * 1024 ** 3 })), { minLength: 1, maxLength: 5 })
  .map((rows) => ({ numbers: rows.map(([number]) => number), sizes: rows.map(([, size]) => size) }))

t.test('attributes survive the wire', (t) => {
  const { requestSerialize, requestDeserialize } = methodOf('/pfs_v2.API/ModifyFile')
  fc.assert(fc.property(entries, fc.option(parts, { nil: undefined }), fc.boolean(), (entries, parts, sums) => {
    const checksums = sums && parts !== undefined ? { checksumAlgorithm: 'CRC32', checksums: parts.sizes.map((_, i) => Buffer.from([i])) } : {}
    const attributes = parts === undefined ? { entries } : { entries, parts: { ...parts, ...checksums } }
    const message = requestDeserialize(requestSerialize({ add_file: { path: '/a', attributes: attributesToWire(attributes) } }))
    const back = attributesFromWire(message.add_file?.attributes ?? {})
    const plain = { ...back, entries: { ...back.entries } }
    if (JSON.stringify(sorted(plain)) !== JSON.stringify(sorted(attributes))) throw new Error(JSON.stringify({ back, attributes }))
  }), { seed: 3, numRuns: 200 })
  t.strictSame(attributesToWire({ entries: {} }), {}, 'present and empty')
  t.strictSame(attributesToWire({ entries: {}, parts: { numbers: [1, 2], sizes: [5, 6] } }), { parts: { sizes: [5, 6] } })
  t.end()
})

t.test('a part table that is not of the file is none', (t) => {
  const partsOf = (parts: { sizes: number[], numbers?: number[] }): unknown =>
    factsOf('k', { size_bytes: 7, attributes: { entries: { t: 'x' }, parts } }, 'c').attributes
  t.strictSame(partsOf({ sizes: [5, 2] }), { entries: { t: 'x' }, parts: { numbers: [1, 2], sizes: [5, 2] } })
  t.strictSame(partsOf({ sizes: [5, 2], numbers: [3, 9] }), { entries: { t: 'x' }, parts: { numbers: [3, 9], sizes: [5, 2] } })
  for (const parts of [{ sizes: [5, 3] }, { sizes: [] }, { sizes: [Number.MAX_SAFE_INTEGER] }, { sizes: [5, 2], numbers: [1] }]) {
    t.strictSame(partsOf(parts), { entries: { t: 'x' } })
  }
  t.end()
})

function sorted(value: { entries: Readonly<Record<string, string>> }): unknown {
  return { ...value, entries: Object.entries(value.entries).sort() }
}

t.test('paths of keys', (t) => {
  for (const key of ['a', 'a/b', '/', '//', '.', '../x', 'dir/', 'é', '*', ' ', '\n']) t.equal(pathOf(key, 's3'), `/${key}`)
  for (const key of ['', 'a\0']) t.equal(pathOf(key, 's3'), undefined)
  for (const key of ['a', 'a/b', 'a b', '...', 'a/..b', '\\', '~', '%']) t.equal(pathOf(key, 'pachd'), `/${key}`)
  for (const key of ['', 'a\0', '/', 'a/', '/a', 'a//b', '.', 'a/./b', 'a/..', 'é', '\n', ...'!()*+?@[]^{}']) t.equal(pathOf(key, 'pachd'), undefined)
  t.end()
})

t.test('a budget', (t) => {
  const budget = new Budget(10)
  t.ok(budget.take(6))
  t.notOk(budget.take(5))
  t.ok(budget.take(4))
  budget.give(6)
  t.equal(budget.bytes, 4)
  t.end()
})

t.test('turns under one name do not overlap, failed ones do not stop the next', async (t) => {
  const turns = new Turns()
  const log: string[] = []
  const work = (name: string, fails = false) => async () => {
    log.push(`${name} begins`)
    await settle()
    log.push(`${name} ends`)
    if (fails) throw new Error(name)
  }
  await Promise.allSettled([turns.take('x', work('a')), turns.take('x', work('b', true)), turns.take('x', work('c'))])
  t.same(log, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  log.length = 0
  await Promise.all([turns.take('x', work('a')), turns.take('y', work('b'))])
  t.same(log, ['a begins', 'b begins', 'a ends', 'b ends'])
})
