import { decodeEntry, decodeSize } from './codec-entry'
import { Records } from './codec-records'
import { changeAt, chainOf } from './delta'
import { childNode, readChild } from './draft'
import { emptyRoot, type Entry, type NodeReader } from './entry'

/*
 * The copy-on-write B+tree: how it is read. tree-edit.ts and tree-cut.ts change it. Invariants:
 *
 * - Keys ascend within a leaf and from leaf to leaf. All leaves lie at the same depth.
 * - An inner node's record names a child and the lower bound of its keys: bound(i) <= every key below child i < bound(i + 1).
 *   The first bound is the node's own, which its parent holds. Bounds are cut short, so they need not be keys.
 * - A record of an inner node carries the sums (entries, bytes) of its child's whole subtree.
 * - No leaf is empty, no root has a single child; the empty tree has no node at all and the id `emptyRoot`.
 * - A node that lost records until it fell below `nodeBytesMin` is merged with a neighbour of the same parent, where it has one.
 * - Delta nodes stand only in front of a root. Every change of the tree folds them in.
 */
interface Sums { readonly files: number, readonly bytes: number }

/** The entry at exactly this path. */
export function lookup(nodes: NodeReader, root: number, path: Buffer): Entry | undefined {
  let id = root
  while (id !== emptyRoot) {
    const records = new Records(nodes.node(id))
    if (records.isDelta) {
      const index = records.find(path)
      if (index >= 0) {
        const { entry } = changeAt(records, index)
        return entry === undefined ? undefined : decodeEntry(entry.node, entry.at)
      }
      id = records.beneath
    } else if (records.level > 0) id = childNode(records, childIndex(records, path))
    else {
      const index = records.find(path)
      return index < 0 ? undefined : decodeEntry(records.node, records.rest(index))
    }
  }
  return undefined
}

/** How many entries lie from `lower` on and below `upper` (undefined: no bound), and the sum of their sizes. */
export function sums(nodes: NodeReader, root: number, lower?: Buffer, upper?: Buffer): Sums {
  if (lower !== undefined && upper !== undefined && Buffer.compare(lower, upper) >= 0) return { files: 0, bytes: 0 }
  const { base, chain } = chainOf(nodes, root)
  const total = { files: 0, bytes: 0 }
  for (const records of chain) {
    const [from, to] = span(records, { lower, upper })
    for (let i = from; i < to; i++) add(total, changeAt(records, i))
  }
  if (base !== emptyRoot) addNode(nodes, base, total, { lower, upper })
  return total
}

/** Which child of an inner node holds the key, if any does. */
export function childIndex(inner: Records, key: Buffer): number {
  const found = inner.find(key)
  return found >= 0 ? found : ~found - 1
}

interface Range { readonly lower: Buffer | undefined, readonly upper: Buffer | undefined }

/** Adds what lies in the range; a bound that does not cut a child is not handed on, so at most two children a level are read. */
function addNode(nodes: NodeReader, id: number, total: { files: number, bytes: number }, { lower, upper }: Range): void {
  const records = new Records(nodes.node(id))
  if (records.level === 0) {
    const [from, to] = span(records, { lower, upper })
    for (let i = from; i < to; i++) add(total, { files: 1, bytes: decodeSize(records.node, records.rest(i)) })
    return
  }
  const first = lower === undefined ? 0 : childIndex(records, lower)
  const last = upper === undefined ? records.count - 1 : childIndex(records, upper)
  for (let i = first; i <= last; i++) {
    const child = readChild(records, i)
    const from = i === first ? lower : undefined
    const to = i === last ? upper : undefined
    if (from === undefined && to === undefined) add(total, child)
    else addNode(nodes, child.node, total, { lower: from, upper: to })
  }
}

/** The indices of the records that lie in the range, the second excluded. */
function span(records: Records, { lower, upper }: Range): readonly [from: number, to: number] {
  return [lower === undefined ? 0 : records.place(lower), upper === undefined ? records.count : records.place(upper)]
}

function add(total: { files: number, bytes: number }, more: Sums): void {
  total.files += more.files
  total.bytes += more.bytes
}
