import { bounds } from './bounds'
import { encodeEntry } from './codec-entry'
import { Records } from './codec-records'
import { pendingOf } from './delta'
import { childNode, draftItem, fresh, type Item, itemsOf, kept, pack } from './draft'
import { emptyRoot, type Entry, type NodeReader, type NodeWriter } from './entry'
import { mend, type Rewritten, writeRoot } from './tree-grow'
import { childIndex } from './tree'

export interface Edit {
  readonly path: Buffer
  /** Undefined removes the path; removing what is not there is no change. */
  readonly entry: Entry | undefined
}

interface Step { readonly path: Buffer, readonly rest: Buffer | undefined }

const noBytes = Buffer.alloc(0)

/**
 * Applies edits, sorted by path and each path once, in one pass: every node on the way is rewritten once, however many edits
 * meet in it. Answers the new root, which is the old one if nothing changed.
 */
export function applyEdits(nodes: NodeWriter, root: number, edits: readonly Edit[]): number {
  const { base, pending } = pendingOf(nodes, root)
  const steps = edits.map(stepOf)
  for (let i = 1; i < steps.length; i++) {
    if (Buffer.compare(at(steps, i - 1).path, at(steps, i).path) >= 0) throw new RangeError('edits must ascend')
  }
  if (steps.length === 0) return root
  // Delta nodes before the root are folded in with the same pass.
  const all = pending.length === 0 ? steps : overlay(pending.map(({ path, entry }) => (
    { path, rest: entry?.node.subarray(entry.at, entry.end) })), steps)
  if (base === emptyRoot) return writeRoot(nodes, pack(0, noBytes, additions(all), true), true)
  const editing = new Editing(nodes, all)
  const rewritten = editing.node(base, noBytes, 0, all.length)
  return rewritten === undefined ? base : writeRoot(nodes, rewritten.drafts, !rewritten.shrunk)
}

/** One pass over a tree. `from` and `to` bound the steps that concern a node. */
class Editing {
  private readonly nodes: NodeReader
  private readonly steps: readonly Step[]

  constructor(nodes: NodeReader, steps: readonly Step[]) {
    this.nodes = nodes
    this.steps = steps
  }

  /** Undefined: nothing changed. */
  node(id: number, separator: Buffer, from: number, to: number): Rewritten | undefined {
    const source = new Records(this.nodes.node(id))
    return source.level === 0 ? this.leaf(source, separator, from, to) : this.inner(source, separator, from, to)
  }

  private leaf(source: Records, separator: Buffer, from: number, to: number): Rewritten | undefined {
    const items: Item[] = []
    let next = 0
    let added = 0
    let removed = 0
    for (let i = from; i < to; i++) {
      const { path, rest } = at(this.steps, i)
      const found = source.find(path)
      const index = found < 0 ? ~found : found
      while (next < index) items.push(kept(source, next++))
      if (found >= 0) next++
      if (rest !== undefined) {
        items.push(fresh(path, rest))
        added++
      } else if (found >= 0) removed++
    }
    if (added + removed === 0) return undefined
    // Everything new lies behind everything old: keys arrive in order, and more will come.
    const ascending = removed === 0 && items.length === source.count + added && next === source.count
    while (next < source.count) items.push(kept(source, next++))
    return { drafts: pack(0, separator, items, ascending), shrunk: removed > 0 }
  }

  private inner(source: Records, separator: Buffer, from: number, to: number): Rewritten | undefined {
    const old = itemsOf(source, separator)
    const items: Item[] = []
    let next = 0
    let changed = false
    let shrunk = false
    for (let i = from; i < to;) {
      const index = childIndex(source, at(this.steps, i).path)
      const end = this.stepsBelow(index + 1 < source.count ? source.key(index + 1) : undefined, i, to)
      while (next < index) items.push(item(old, next++))
      const bound = index === 0 ? separator : source.key(index)
      const rewritten = this.node(childNode(source, index), bound, i, end)
      if (rewritten === undefined) items.push(item(old, index))
      else {
        changed = true
        shrunk ||= rewritten.shrunk
        for (const draft of rewritten.drafts) items.push(draftItem(draft))
      }
      next = index + 1
      i = end
    }
    if (!changed) return undefined
    // Only a change that reached the last child can be the edge of keys arriving in order.
    const ascending = !shrunk && next === source.count
    while (next < source.count) items.push(item(old, next++))
    const mended = shrunk ? mend(this.nodes, source.level, items) : items
    return { drafts: pack(source.level, separator, mended, ascending), shrunk }
  }

  private stepsBelow(bound: Buffer | undefined, from: number, to: number): number {
    if (bound === undefined) return to
    let end = from + 1
    while (end < to && Buffer.compare(at(this.steps, end).path, bound) < 0) end++
    return end
  }
}

function stepOf({ path, entry }: Edit): Step {
  if (path.length > bounds.keyBytesMax) throw new RangeError('a path is too long')
  return { path, rest: entry === undefined ? undefined : encodeEntry(entry) }
}

function additions(steps: readonly Step[]): Item[] {
  const items: Item[] = []
  for (const { path, rest } of steps) if (rest !== undefined) items.push(fresh(path, rest))
  return items
}

/** Both lists by path; where they meet, the upper one's. */
function overlay(lower: readonly Step[], upper: readonly Step[]): Step[] {
  const byPath = new Map<string, Step>()
  for (const step of lower) byPath.set(step.path.toString('latin1'), step)
  for (const step of upper) byPath.set(step.path.toString('latin1'), step)
  return [...byPath.values()].sort((a, b) => Buffer.compare(a.path, b.path))
}

function item(items: readonly Item[], index: number): Item {
  const found = items[index]
  if (found === undefined) throw new RangeError('no such item')
  return found
}

function at(steps: readonly Step[], index: number): Step {
  const step = steps[index]
  if (step === undefined) throw new RangeError('no such step')
  return step
}
