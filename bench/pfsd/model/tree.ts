import { emptyRoot, type Entry, type NodeWriter } from '../../../lib/pfsd/model/entry'
import { page } from '../../../lib/pfsd/model/page'
import { lookup } from '../../../lib/pfsd/model/tree'
import { deleteRange } from '../../../lib/pfsd/model/tree-cut'
import { applyEdits, type Edit } from '../../../lib/pfsd/model/tree-edit'
import { heightOf } from '../../../test/support/height-of'

/** What the tree costs with its nodes in memory: microseconds a call, and nodes written. With --tiny it only shows that it runs. */
const tiny = process.argv.includes('--tiny')
const sizes = tiny ? [100] : [1_000, 100_000, 1_000_000]
const rounds = tiny ? 10 : 5_000

class Nodes implements NodeWriter {
  private readonly nodes: Buffer[] = []
  written = 0

  node(id: number): Buffer {
    const node = this.nodes[id]
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  reserveNode(): number {
    return ++this.written
  }

  putNode(id: number, node: Buffer): void {
    this.nodes[id] = node
  }
}

const hash = Buffer.alloc(32, 7)

function entry(n: number): Entry {
  return {
    op: 'set', size: 4096, hashKind: 1, hash, created: n, time: 1_700_000_000_000 + n,
    content: { kind: 'extents', extents: [{ blob: n, offset: 0, length: 4096 }] },
    attributes: { kind: 'inline', bytes: Buffer.alloc(20) },
  }
}

function pathOf(n: number): Buffer {
  return Buffer.from(`/data/year=2024/part-${String(n).padStart(9, '0')}.parquet`)
}

function measure(calls: number, run: (round: number) => void): string {
  const start = process.hrtime.bigint()
  for (let round = 0; round < calls; round++) run(round)
  const nanoseconds = Number(process.hrtime.bigint() - start)
  return (nanoseconds / 1000 / calls).toFixed(1).padStart(9)
}

/** The same places in every run. */
function place(round: number, size: number): number {
  return (round * 2_654_435_761) % size
}

for (const size of sizes) {
  const nodes = new Nodes()
  const all: Edit[] = Array.from({ length: size }, (_, n) => ({ path: pathOf(2 * n), entry: entry(n) }))
  let root = emptyRoot
  const build = measure(1, () => root = applyEdits(nodes, emptyRoot, all))
  const paths = Array.from({ length: rounds }, (_, round) => pathOf(2 * place(round, size)))
  const empty = Buffer.alloc(0)
  const query = { prefix: Buffer.from('/'), delimiter: empty, afterSubtree: false, limit: 1000 }
  console.log(`${size} entries, height ${heightOf(nodes, root)}, ${nodes.written} nodes`)
  console.log(`  build            ${build} us`)
  console.log(`  lookup           ${measure(rounds, (round) => { lookup(nodes, root, paths[round] ?? empty) })} us`)
  console.log(`  page of 1,000    ${measure(rounds / 10, (round) => { page(nodes, root, { ...query, after: paths[round] ?? empty }) })} us`)
  let before = nodes.written
  let head = root
  const insert = (n: number, round: number): void => { head = applyEdits(nodes, head, [{ path: pathOf(n), entry: entry(round) }]) }
  const random = measure(rounds, (round) => { insert(2 * place(round, size) + 1, round) })
  console.log(`  insert, random   ${random} us, ${((nodes.written - before) / rounds).toFixed(2)} nodes`)
  before = nodes.written
  const rising = measure(rounds, (round) => { insert(2 * size + round, round) })
  console.log(`  insert, rising   ${rising} us, ${((nodes.written - before) / rounds).toFixed(2)} nodes`)
  before = nodes.written
  const batch = Array.from({ length: Math.min(64, size) }, (_, n) => ({ path: pathOf(2 * Math.floor(n * size / 64)), entry: entry(n) }))
  const distinct = batch.filter(({ path }, n) => n === 0 || !path.equals(batch[n - 1]?.path ?? empty))
  console.log(`  batch of 64      ${measure(Math.ceil(rounds / 64), () => { applyEdits(nodes, root, distinct) })} us`)
  const [lower, upper] = [pathOf(Math.floor(size / 2)), pathOf(size)]
  console.log(`  cut a quarter    ${measure(Math.ceil(rounds / 64), () => { deleteRange(nodes, root, lower, upper) })} us`)
}
