import { bounds } from './bounds'
import { Records } from './codec-records'
import { childNode, type Draft, draftItem, type Item, itemsOf, keyOf, pack, writeDraft } from './draft'
import { emptyRoot, type NodeReader, type NodeWriter } from './entry'

/** What became of a node: the drafts that stand in its place, in order (none: it is gone), and whether it lost records. */
export interface Rewritten { readonly drafts: readonly Draft[], readonly shrunk: boolean }

/**
 * Merges the drafts among an inner node's items that have become too small with a neighbour. Of two neighbours it takes the
 * left one, so that a scan from the left sees each result once.
 */
export function mend(nodes: NodeReader, level: number, items: Item[]): Item[] {
  for (let i = 0; i < items.length; i++) {
    const draft = items[i]?.draft
    if (draft === undefined || draft.length >= bounds.nodeBytesMin || items.length < 2) continue
    const left = Math.max(0, i - 1)
    const [a, b] = items.slice(left, left + 2)
    if (a === undefined || b === undefined) break
    const merged = [...childItems(nodes, a), ...childItems(nodes, b)]
    const drafts = pack(level - 1, keyOf(a), merged, false)
    items.splice(left, 2, ...drafts.map(draftItem))
    if (drafts.length === 1) i = left - 1
  }
  return items
}

/** Writes the drafts that stand in a root's place, with as many levels above them as they need; answers the new root. */
export function writeRoot(nodes: NodeWriter, drafts: readonly Draft[], ascending: boolean): number {
  let top = drafts
  while (top.length > 1) {
    const first = top[0]
    if (first === undefined) break
    top = pack(first.level + 1, first.separator, top.map(draftItem), ascending)
  }
  let draft = top[0]
  while (draft !== undefined && draft.level > 0 && draft.items.length === 1) {
    const only = draft.items[0]
    if (only === undefined) break
    if (only.draft === undefined) return trimRoot(nodes, only.source === undefined ? emptyRoot : childNode(only.source, only.index))
    draft = only.draft
  }
  return draft === undefined ? emptyRoot : writeDraft(nodes, draft).node
}

/** An old node that became the root may have a single child itself, left by an earlier removal. */
function trimRoot(nodes: NodeReader, root: number): number {
  let id = root
  for (;;) {
    if (id === emptyRoot) return id
    const records = new Records(nodes.node(id))
    if (records.level === 0 || records.count > 1) return id
    id = childNode(records, 0)
  }
}

function childItems(nodes: NodeReader, item: Item): readonly Item[] {
  if (item.draft !== undefined) return item.draft.items
  if (item.source === undefined) return []
  return itemsOf(new Records(nodes.node(childNode(item.source, item.index))), keyOf(item))
}
