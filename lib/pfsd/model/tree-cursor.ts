import { decodeEntry, decodeSize } from './codec-entry'
import { Records } from './codec-records'
import { childNode } from './draft'
import { emptyRoot, type Entry, type NodeReader } from './entry'
import { childIndex } from './tree'

/**
 * The cursor over a tree without delta nodes. `way` holds the nodes from the root down to a leaf, `taken` the index of the record
 * taken in each; the leaf's may lie one outside of it, which is a place at either end of the tree and makes the cursor invalid.
 * A node is read only if the one in its place was reached by another record.
 */
export class TreeCursor {
  private readonly nodes: NodeReader
  private readonly way: Records[] = []
  private readonly taken: number[] = []
  valid = false

  constructor(nodes: NodeReader, root: number) {
    this.nodes = nodes
    if (root !== emptyRoot) this.way.push(new Records(nodes.node(root)))
  }

  /** Moves to the first entry at or behind `path`, or strictly behind it; `valid` says whether there is one. */
  seek(path: Buffer, inclusive: boolean): void {
    const leaf = this.descend(path)
    if (leaf === undefined) return
    const found = leaf.find(path)
    this.land(found < 0 ? ~found : inclusive ? found : found + 1)
  }

  /** Moves to the last entry before `path`, or at it; without a path to the very last. */
  seekBack(path: Buffer | undefined, inclusive: boolean): void {
    const leaf = this.descend(path)
    if (leaf === undefined) return
    const found = path === undefined ? ~leaf.count : leaf.find(path)
    this.landBack(found < 0 ? ~found - 1 : inclusive ? found : found - 1)
  }

  next(): boolean {
    return this.land((this.taken[this.taken.length - 1] ?? 0) + 1)
  }

  previous(): boolean {
    return this.landBack((this.taken[this.taken.length - 1] ?? 0) - 1)
  }

  path(): Buffer {
    return this.leaf().key(this.index())
  }

  entry(): Entry {
    const leaf = this.leaf()
    return decodeEntry(leaf.node, leaf.rest(this.index()))
  }

  size(): number {
    const leaf = this.leaf()
    return decodeSize(leaf.node, leaf.rest(this.index()))
  }

  /** Goes to the leaf where the key belongs; undefined: to the last one. Keeps the nodes on the way that it has already. */
  private descend(key: Buffer | undefined): Records | undefined {
    let records = this.way[0]
    for (let depth = 0; records !== undefined && records.level > 0; depth++) {
      records = this.child(depth, records, key === undefined ? records.count - 1 : childIndex(records, key))
    }
    return records
  }

  private child(depth: number, parent: Records, index: number): Records {
    const known = this.way[depth + 1]
    if (known !== undefined && this.taken[depth] === index) return known
    const child = new Records(this.nodes.node(childNode(parent, index)))
    this.way.length = depth + 1
    this.taken.length = depth
    this.taken.push(index)
    this.way.push(child)
    return child
  }

  /** Takes a record of the leaf; one past its end is the first of the next leaf. */
  private land(index: number): boolean {
    const bottom = this.way.length - 1
    this.taken[bottom] = index
    this.valid = index < this.leaf().count
    if (this.valid) return true
    let depth = bottom - 1
    while (depth >= 0 && (this.taken[depth] ?? 0) + 1 >= this.at(depth).count) depth--
    if (depth < 0) return false
    let records = this.child(depth, this.at(depth), (this.taken[depth] ?? 0) + 1)
    for (depth++; records.level > 0; depth++) records = this.child(depth, records, 0)
    this.taken[depth] = 0
    this.valid = true
    return true
  }

  /** Takes a record of the leaf; one before its start is the last of the leaf before. */
  private landBack(index: number): boolean {
    const bottom = this.way.length - 1
    this.taken[bottom] = index
    this.valid = index >= 0
    if (this.valid) return true
    let depth = bottom - 1
    while (depth >= 0 && (this.taken[depth] ?? 0) === 0) depth--
    if (depth < 0) return false
    let records = this.child(depth, this.at(depth), (this.taken[depth] ?? 0) - 1)
    for (depth++; records.level > 0; depth++) records = this.child(depth, records, records.count - 1)
    this.taken[depth] = records.count - 1
    this.valid = true
    return true
  }

  private leaf(): Records {
    return this.at(this.way.length - 1)
  }

  private index(): number {
    if (!this.valid) throw new Error('the cursor stands on no entry')
    return this.taken[this.taken.length - 1] ?? 0
  }

  private at(depth: number): Records {
    const records = this.way[depth]
    if (records === undefined) throw new Error('the tree is empty')
    return records
  }
}
