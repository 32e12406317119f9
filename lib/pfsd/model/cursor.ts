import { decodeEntry, decodeSize } from './codec-entry'
import { type Pending, pendingOf } from './delta'
import { emptyRoot, type Entry, type NodeReader } from './entry'
import { TreeCursor } from './tree-cursor'

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
