import { decodeEntry, decodeSize } from './codec-entry'
import { Records } from './codec-records'
import { type Pending, pendingOf } from './delta'
import { childNode } from './draft'
import { emptyRoot, type Entry, type NodeReader } from './entry'
import { childIndex } from './tree'

const none: readonly Pending[] = []

/**
 * Walks the entries of a tree in byte order, in both directions. A seek keeps the nodes that the old and the new position share,
 * so a seek nearby costs no node read and one far away a single descent. Entries are decoded when they are asked for. Where
 * delta nodes stand before the root, their changes are merged in: each step is then a seek.
 */
export class Cursor {
  private readonly tree: TreeCursor
  private readonly pending: readonly Pending[]
  private change: Pending | undefined

  constructor(nodes: NodeReader, root: number) {
    const { base, pending } = root === emptyRoot ? { base: root, pending: none } : pendingOf(nodes, root)
    this.tree = new TreeCursor(nodes, base)
    this.pending = pending
  }

  /** Moves to the first entry at or behind `path`, or strictly behind it. False: there is none. */
  seek(path: Buffer, inclusive = true): boolean {
    this.tree.seek(path, inclusive)
    if (this.pending.length === 0) return this.tree.valid
    let index = place(this.pending, path, inclusive)
    for (;;) {
      const change = this.pending[index++]
      const order = change === undefined ? 1 : this.tree.valid ? Buffer.compare(change.path, this.tree.path()) : -1
      if (order > 0) this.change = undefined
      else this.change = change
      if (order > 0 || change?.entry !== undefined) return this.valid
      if (order === 0) this.tree.next()
    }
  }

  /** Moves to the last entry before `path`, or at it with `inclusive`; without a path to the very last. False: there is none. */
  seekBack(path?: Buffer, inclusive = false): boolean {
    this.tree.seekBack(path, inclusive)
    if (this.pending.length === 0) return this.tree.valid
    let index = path === undefined ? this.pending.length : place(this.pending, path, !inclusive)
    for (;;) {
      const change = this.pending[--index]
      const order = change === undefined ? -1 : this.tree.valid ? Buffer.compare(change.path, this.tree.path()) : 1
      if (order < 0) this.change = undefined
      else this.change = change
      if (order < 0 || change?.entry !== undefined) return this.valid
      if (order === 0) this.tree.previous()
    }
  }

  /** To the next entry; false: this was the last. Only where the cursor stands on an entry. */
  next(): boolean {
    return this.pending.length === 0 ? this.tree.next() : this.seek(this.path(), false)
  }

  /** To the entry before; false: this was the first. Only where the cursor stands on an entry. */
  previous(): boolean {
    return this.pending.length === 0 ? this.tree.previous() : this.seekBack(this.path(), false)
  }

  /** Stands on an entry. */
  get valid(): boolean {
    return this.change !== undefined || this.tree.valid
  }

  path(): Buffer {
    return this.change?.path ?? this.tree.path()
  }

  entry(): Entry {
    const entry = this.change?.entry
    return entry === undefined ? this.tree.entry() : decodeEntry(entry.node, entry.at)
  }

  /** The entry's size alone. */
  size(): number {
    const entry = this.change?.entry
    return entry === undefined ? this.tree.size() : decodeSize(entry.node, entry.at)
  }
}

/** The cursor over a tree without delta nodes: the nodes from the root to a leaf, and the record taken in each. */
class TreeCursor {
  private readonly nodes: NodeReader
  private readonly path_: Records[] = []
  private readonly taken: number[] = []
  valid = false

  constructor(nodes: NodeReader, root: number) {
    this.nodes = nodes
    if (root !== emptyRoot) this.path_.push(new Records(nodes.node(root)))
  }

  seek(path: Buffer, inclusive: boolean): void {
    const leaf = this.descend(path)
    if (leaf === undefined) return
    const found = leaf.find(path)
    this.land(found < 0 ? ~found : inclusive ? found : found + 1)
  }

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
    let records = this.path_[0]
    for (let depth = 0; records !== undefined && records.level > 0; depth++) {
      records = this.child(depth, records, key === undefined ? records.count - 1 : childIndex(records, key))
    }
    return records
  }

  private child(depth: number, parent: Records, index: number): Records {
    const known = this.path_[depth + 1]
    if (known !== undefined && this.taken[depth] === index) return known
    const child = new Records(this.nodes.node(childNode(parent, index)))
    this.path_.length = depth + 1
    this.taken.length = depth
    this.taken.push(index)
    this.path_.push(child)
    return child
  }

  /** Takes a record of the leaf; one past its end is the first of the next leaf. */
  private land(index: number): boolean {
    const bottom = this.path_.length - 1
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
    const bottom = this.path_.length - 1
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
    return this.at(this.path_.length - 1)
  }

  private index(): number {
    if (!this.valid) throw new Error('the cursor stands on no entry')
    return this.taken[this.taken.length - 1] ?? 0
  }

  private at(depth: number): Records {
    const records = this.path_[depth]
    if (records === undefined) throw new Error('the tree is empty')
    return records
  }
}

/** Index of the first change at or behind `path`, or strictly behind it. */
function place(pending: readonly Pending[], path: Buffer, inclusive: boolean): number {
  let low = 0
  let high = pending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const change = pending[middle]
    const order = change === undefined ? 0 : Buffer.compare(change.path, path)
    if (order < 0 || (order === 0 && !inclusive)) low = middle + 1
    else high = middle
  }
  return low
}
