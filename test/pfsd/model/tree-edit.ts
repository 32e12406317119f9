import t from 'tap'
import { emptyRoot } from '../../../lib/pfsd/model/entry'
import { Cursor } from '../../../lib/pfsd/model/cursor'
import { page } from '../../../lib/pfsd/model/page'
import { lookup, sums } from '../../../lib/pfsd/model/tree'
import { deleteRange } from '../../../lib/pfsd/model/tree-cut'
import { applyEdits } from '../../../lib/pfsd/model/tree-edit'
import { heightOf } from '../../support/height-of'
import { MemoryNodes } from '../../support/memory-nodes'
import { blobEntry, inspect } from '../../support/tree-model'

// What operations cost, in nodes read and written: exact, and the same on every machine.

const entry = blobEntry(4096, { attributes: { kind: 'inline', bytes: Buffer.alloc(24) } })
const none = Buffer.alloc(0)

function pathOf(n: number): Buffer {
  return Buffer.from(`/data/part-${String(n).padStart(9, '0')}.bin`)
}

/** A tree of `size` paths with even numbers. */
function build(size: number): { readonly nodes: MemoryNodes, readonly root: number } {
  const nodes = new MemoryNodes()
  return { nodes, root: applyEdits(nodes, emptyRoot, Array.from({ length: size }, (_, n) => ({ path: pathOf(2 * n), entry }))) }
}

/** The same sequence in every run; it visits places in no order. */
function place(round: number, size: number): number {
  return Math.floor(((round + 1) * 0.618_033_988_749_895 % 1) * size)
}

const large = build(100_000)

t.test('one edit writes the nodes on one path and now and then a split', (t) => {
  const { nodes } = large
  const height = heightOf(nodes, large.root)
  for (const kind of ['insert', 'replace', 'remove'] as const) {
    let root = large.root
    let written = 0
    for (let round = 0; round < 1000; round++) {
      const path = pathOf(2 * place(round, 100_000) + (kind === 'insert' ? 1 : 0))
      const { result, writes } = nodes.count(() => applyEdits(nodes, root, [{ path, entry: kind === 'remove' ? undefined : entry }]))
      if (writes > 2 * height + 1) t.fail(`${kind}: ${writes} nodes at once`)
      root = result
      written += writes
    }
    t.ok(written / 1000 <= height + 1, `${kind}: ${written / 1000} nodes at height ${height}`)
  }
  t.end()
})

t.test('keys that arrive in order leave full nodes behind', (t) => {
  const nodes = new MemoryNodes()
  let root = emptyRoot
  for (let n = 0; n < 5000; n++) root = applyEdits(nodes, root, [{ path: pathOf(n), entry }])
  const grown = inspect(nodes, root).nodes
  const packed = build(5000)
  t.ok(grown <= 1.1 * inspect(packed.nodes, packed.root).nodes, `${grown} nodes`)
  t.end()
})

t.test('a batch rewrites a node once, however many of its edits meet there', (t) => {
  const { nodes, root } = large
  const height = heightOf(nodes, root)
  const near = Array.from({ length: 64 }, (_, n) => ({ path: pathOf(2 * (50_000 + n)), entry }))
  t.ok(nodes.count(() => applyEdits(nodes, root, near)).writes <= height + 10)
  const far = Array.from({ length: 64 }, (_, n) => ({ path: pathOf(2 * n * 1500), entry }))
  const { writes } = nodes.count(() => applyEdits(nodes, root, far))
  t.ok(writes < 64 * 2, `${writes} nodes for 64 edits far apart`)
  t.end()
})

t.test('a range goes without its inside being read', (t) => {
  const { nodes, root } = large
  const height = heightOf(nodes, root)
  for (const start of [0, 1, 777, 30_000, 74_999, 75_000]) {
    const [lower, upper] = [pathOf(2 * start), start === 75_000 ? undefined : pathOf(2 * (start + 25_000))]
    const { result, reads, writes } = nodes.count(() => deleteRange(nodes, root, lower, upper))
    t.ok(writes <= 2 * height + 2, `${writes} nodes written`)
    t.ok(reads <= 4 * height + 2, `${reads} nodes read`)
    t.equal(sums(nodes, result).files, 75_000)
    inspect(nodes, result)
  }
  t.same(nodes.count(() => deleteRange(nodes, root, none, undefined)), { result: emptyRoot, reads: 2, writes: 0 })
  t.end()
})

t.test('a range that begins and ends between nodes goes whole', (t) => {
  const { nodes, root } = build(300)
  for (let start = 0; start < 300; start++) {
    for (let end = start + 1; end <= 300; end += 7) {
      const cut = deleteRange(nodes, root, start === 0 ? none : pathOf(2 * start - 1), pathOf(2 * end))
      if (sums(nodes, cut).files !== 300 - (end - start)) t.fail(`from ${start} to ${end}`)
    }
  }
  t.end()
})

t.test('looking up and summing read one or two paths', (t) => {
  const { nodes, root } = large
  const height = heightOf(nodes, root)
  t.equal(nodes.count(() => lookup(nodes, root, pathOf(2468))).reads, height)
  const { result, reads } = nodes.count(() => sums(nodes, root, pathOf(2468), pathOf(123_456)))
  t.same(result, { files: (123_456 - 2468) / 2, bytes: 4096 * (123_456 - 2468) / 2 })
  t.ok(reads <= 2 * height + 2, `${reads} nodes`)
  t.end()
})

t.test('a page costs what it shows, not what the tree holds', (t) => {
  const query = { prefix: Buffer.from('/'), delimiter: none, after: none, afterSubtree: false, limit: 1000 }
  const [small, big] = [build(1000), build(200_000)].map(({ nodes, root }) => nodes.count(() => page(nodes, root, query)).reads)
  t.ok(Math.abs((big ?? 0) - (small ?? 0)) <= 2, `${small} nodes of 1,000 entries, ${big} of 200,000`)
  t.end()
})

t.test('a common prefix costs one descent, and a seek nearby nothing', (t) => {
  const nodes = new MemoryNodes()
  const edits = Array.from({ length: 100_000 }, (_, n) => (
    { path: Buffer.from(`/d${String(Math.floor(n / 1000)).padStart(3, '0')}/${String(n % 1000).padStart(4, '0')}`), entry }))
  const root = applyEdits(nodes, emptyRoot, edits)
  const query = { prefix: Buffer.from('/'), delimiter: Buffer.from('/'), after: none, afterSubtree: false, limit: 50 }
  const { result, reads } = nodes.count(() => page(nodes, root, query))
  t.equal(result.commonPrefixes.length, 50)
  t.ok(reads <= 52 * heightOf(nodes, root), `${reads} nodes`)
  const cursor = new Cursor(nodes, root)
  cursor.seek(Buffer.from('/d050/0000'))
  t.equal(nodes.count(() => cursor.seek(Buffer.from('/d050/0001'))).reads, 0)
  t.end()
})

t.test('removals do not leave chains of nearly empty nodes', (t) => {
  for (const each of [1, 100]) {
    const { nodes, root: start } = build(8_000)
    let root = start
    // Every tenth path stays; the others go in an order that meets each leaf many times.
    const doomed = Array.from({ length: 8_000 }, (_, n) => (n * 7919) % 8_000).filter((n) => n % 10 !== 0)
    for (let i = 0; i < doomed.length; i += each) {
      const some = doomed.slice(i, i + each).sort((a, b) => a - b)
      root = applyEdits(nodes, root, some.map((n) => ({ path: pathOf(2 * n), entry: undefined })))
    }
    const { nodes: left, small } = inspect(nodes, root)
    t.equal(sums(nodes, root).files, 800)
    t.ok(left < 800 / 5, `${left} nodes are left`)
    t.ok(small <= left / 10, `${small} of them nearly empty`)
  }
  t.end()
})

t.test('the longest keys with the largest metadata make a tree that is still flat', (t) => {
  const nodes = new MemoryNodes()
  const metadata = { kind: 'blob', blob: 9, length: 2048 } as const
  const keyed = Array.from({ length: 4000 }, (_, n) => {
    const unlike = String(place(n, 1_000_000)).padStart(7, '0')
    return n % 2 === 0 ? unlike + 'x'.repeat(1017) : 'y'.repeat(1017) + unlike
  }).sort()
  let root = emptyRoot
  const edits = keyed.map((key) => ({ path: Buffer.from(key), entry: { ...entry, attributes: metadata } }))
  for (let i = 0; i < edits.length; i += 100) root = applyEdits(nodes, root, edits.filter((_, n) => n % 40 === i / 100))
  t.ok(heightOf(nodes, root) <= 6, `height ${heightOf(nodes, root)}`)
  inspect(nodes, root)
  for (const { path } of edits) if (lookup(nodes, root, path)?.attributes?.kind !== 'blob') t.fail('a long key is lost')
  t.end()
})
