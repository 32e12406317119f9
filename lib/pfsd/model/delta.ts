import { bounds } from './bounds'
import { ByteReader } from './byte-reader'
import { decodeSize } from './codec-entry'
import { Records } from './codec-records'
import { emptyRoot, type NodeReader } from './entry'

/*
 * A delta node stands in front of a root and holds a few changes that have not been worked into the tree: the same records as
 * a leaf, whose rest is
 *
 *   varint  0: the path is new; else 1 + the size of the entry it replaces
 *   u8      1: an encoded entry follows; 0: the path is removed
 *
 * Chains are at most `deltaDepthMax` long; the nearest node that names a path decides. Replaced sizes refer to the state just
 * beneath, so the sums of a tree are those of its base plus those of all records in the chain.
 */
export interface Pending {
  readonly path: Buffer
  /** Where the encoded entry starts; undefined: removed. */
  readonly entry: { readonly node: Buffer, readonly at: number, readonly end: number } | undefined
}

/** The records of the delta nodes before `root`, nearest first, and the root behind them. */
export function chainOf(nodes: NodeReader, root: number): { readonly base: number, readonly chain: readonly Records[] } {
  const chain: Records[] = []
  let base = root
  while (base !== emptyRoot) {
    const records = new Records(nodes.node(base))
    if (!records.isDelta) break
    if (chain.length === bounds.deltaDepthMax) throw new Error('a chain of delta nodes is too long')
    chain.push(records)
    base = records.beneath
  }
  return { base, chain }
}

/** All changes that stand before the tree of `root`, by path; of several to one path the nearest. */
export function pendingOf(nodes: NodeReader, root: number): { readonly base: number, readonly pending: readonly Pending[] } {
  const { base, chain } = chainOf(nodes, root)
  if (chain.length === 0) return { base, pending: [] }
  const byPath = new Map<string, Pending>()
  for (const records of chain) {
    for (let i = 0; i < records.count; i++) {
      const path = records.key(i)
      const name = path.toString('latin1')
      if (!byPath.has(name)) byPath.set(name, { path, entry: changeAt(records, i).entry })
    }
  }
  return { base, pending: [...byPath.values()].sort((a, b) => Buffer.compare(a.path, b.path)) }
}

/** One record of a delta node, with what it does to the sums. */
export function changeAt(records: Records, index: number): Pick<Pending, 'entry'> & { readonly files: number, readonly bytes: number } {
  const { node } = records
  const reader = new ByteReader(node, records.rest(index))
  const replaced = reader.varint()
  const present = reader.byte() === 1
  const at = reader.at
  return {
    entry: present ? { node, at, end: records.end(index) } : undefined,
    files: (present ? 1 : 0) - (replaced === 0 ? 0 : 1),
    bytes: (present ? decodeSize(node, at) : 0) - (replaced === 0 ? 0 : replaced - 1),
  }
}
