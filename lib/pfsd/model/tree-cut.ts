import { decodeEntry } from './codec-entry'
import { Records } from './codec-records'
import { pendingOf } from './delta'
import { childNode, draftItem, type Item, itemsOf, kept, pack } from './draft'
import { emptyRoot, type NodeReader, type NodeWriter } from './entry'
import { childIndex } from './tree'
import { applyEdits } from './tree-edit'
import { mend, type Rewritten, writeRoot } from './tree-grow'

const noBytes = Buffer.alloc(0)

/**
 * Removes all paths from `lower` on and below `upper` (undefined: to the end). Subtrees that lie inside are dropped unread, so
 * the cost is that of the two paths down to the bounds.
 */
export function deleteRange(nodes: NodeWriter, root: number, lower: Buffer, upper: Buffer | undefined): number {
  if (root === emptyRoot || (upper !== undefined && Buffer.compare(lower, upper) >= 0)) return root
  const { base, pending } = pendingOf(nodes, root)
  const folded = pending.length === 0 ? root : applyEdits(nodes, base, pending.map(({ path, entry }) => (
    { path, entry: entry === undefined ? undefined : decodeEntry(entry.node, entry.at) })))
  if (folded === emptyRoot) return emptyRoot
  const rewritten = cut(nodes, { id: folded, separator: noBytes }, lower, upper)
  return rewritten === undefined ? folded : writeRoot(nodes, rewritten.drafts, false)
}

/** What is left of a node; undefined: all of it. */
function cut(nodes: NodeReader, node: { id: number, separator: Buffer }, lower: Buffer, upper: Buffer | undefined): Rewritten | undefined {
  const source = new Records(nodes.node(node.id))
  const { separator } = node
  if (source.level === 0) {
    const from = source.place(lower)
    const to = upper === undefined ? source.count : source.place(upper)
    if (from >= to) return undefined
    const items: Item[] = []
    for (let i = 0; i < from; i++) items.push(kept(source, i))
    for (let i = to; i < source.count; i++) items.push(kept(source, i))
    return { drafts: pack(0, separator, items, false), shrunk: true }
  }
  const items = itemsOf(source, separator)
  const first = childIndex(source, lower)
  const last = upper === undefined ? source.count - 1 : childIndex(source, upper)
  const middle: Item[] = []
  let changed = last - first > 1
  for (const index of first === last ? [first] : [first, last]) {
    const bound = index === 0 ? separator : source.key(index)
    // A bound that lies beyond this child is not handed down, so that its far edge is not read for nothing.
    const end = index < last ? undefined : upper
    const whole = end === undefined && Buffer.compare(lower, bound) <= 0
    const left = whole ? { drafts: [] } : cut(nodes, { id: childNode(source, index), separator: bound }, lower, end)
    if (left === undefined) middle.push(...items.slice(index, index + 1))
    else {
      changed = true
      middle.push(...left.drafts.map(draftItem))
    }
  }
  if (!changed) return undefined
  const rest = mend(nodes, source.level, [...items.slice(0, first), ...middle, ...items.slice(last + 1)])
  return { drafts: pack(source.level, separator, rest, false), shrunk: true }
}
