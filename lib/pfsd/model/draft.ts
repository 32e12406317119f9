import { bounds } from './bounds'
import { ByteReader } from './byte-reader'
import { ByteWriter, varintBytes } from './byte-writer'
import { commonLength, separatorOf } from './byte-order'
import { decodeSize } from './codec-entry'
import { headerBytes, nodeKinds, Records, writeHeader } from './codec-records'
import type { NodeWriter } from './entry'
import { sealNode } from './seal'
import { boundedTreeBytes } from './tree-bytes'

/*
 * Nodes under construction. A rewrite gathers each touched node's records as items, packs them into drafts, and writes the
 * drafts once the new root is known, so that no node is written that the same rewrite replaces. An item is either a record of
 * an existing node, copied as it is, or a new one. An item of an inner node may stand for a draft, which is written before it.
 */
export interface Item {
  /** Undefined: as in the source. An inner node's first record has no key of its own and always needs this. */
  readonly key: Buffer | undefined
  readonly source: Records | undefined
  readonly index: number
  /** Encoded record without its key; undefined: as in the source, or a draft's. */
  readonly rest: Buffer | undefined
  readonly draft: Draft | undefined
}

/** A node under construction. Its lower bound is `separator`; `bytes` and `files` are sums over its subtree. */
export interface Draft {
  readonly level: number
  readonly separator: Buffer
  readonly items: readonly Item[]
  /** Close estimate of its encoded length. */
  readonly length: number
}

/** An inner record behind its key, in this order, as varints. */
interface Child { readonly node: number, readonly files: number, readonly bytes: number }

/** Bytes of an inner record behind its key, for a child whose id and sums are not known yet. */
const childBytesMax = 5 + 7 + 5
/** Varint of the key's length, and the offset. */
const recordOverheadBytes = 2 + 2

const writer = new ByteWriter()
const childWriter = new ByteWriter(32)

export function kept(source: Records, index: number, key?: Buffer): Item {
  return { key, source, index, rest: undefined, draft: undefined }
}

export function fresh(key: Buffer, rest: Buffer): Item {
  return { key, source: undefined, index: 0, rest, draft: undefined }
}

export function draftItem(draft: Draft): Item {
  return { key: draft.separator, source: undefined, index: 0, rest: undefined, draft }
}

/** All records of an existing node as items; `separator` is its lower bound. */
export function itemsOf(source: Records, separator: Buffer): Item[] {
  const items: Item[] = []
  for (let i = 0; i < source.count; i++) items.push(kept(source, i, source.level > 0 && i === 0 ? separator : undefined))
  return items
}

export function keyOf(item: Item): Buffer {
  return item.key ?? existing(item).key(item.index)
}

/** Id of a child, without its sums. */
export function childNode(source: Records, index: number): number {
  return new ByteReader(source.node, source.rest(index)).varint()
}

export function readChild(source: Records, index: number): Child {
  const reader = new ByteReader(source.node, source.rest(index))
  return { node: reader.varint(), files: reader.varint(), bytes: reader.varint() }
}

/**
 * Packs the items of one level into as few nodes as their sizes ask for: of even sizes, or, with `ascending`, filled from the
 * left, so that keys arriving in order leave full nodes behind. None for no items.
 */
export function pack(level: number, separator: Buffer, items: readonly Item[], ascending: boolean): Draft[] {
  if (items.length === 0) return []
  const prefix = prefixLength(level, items)
  let total = headerBytes + prefix
  for (const item of items) total += cost(item) - prefix
  if (mayHold(level, items.length, total)) return [{ level, separator, items, length: total }]
  const goal = ascending ? bounds.nodeTargetBytes : total / Math.ceil(total / bounds.nodeTargetBytes)
  const drafts: Draft[] = []
  let start = 0
  let length = headerBytes + prefix
  for (let i = 0; i < items.length; i++) {
    const more = cost(at(items, i)) - prefix
    const count = i - start
    const full = !mayHold(level, count + 1, length + more) || (length + more / 2 > goal && count >= fewRecords(level))
    if (full && count > 0 && items.length - i >= recordsMin(level)) {
      drafts.push({ level, separator: lowerBound(separator, level, items, start), items: items.slice(start, i), length })
      start = i
      length = headerBytes + prefix
    }
    length += more
  }
  drafts.push({ level, separator: lowerBound(separator, level, items, start), items: items.slice(start), length })
  return drafts
}

/** Writes a draft, its drafts first; answers its id and sums. OUT_OF_RANGE where these are more than a tree may hold. */
export function writeDraft(nodes: NodeWriter, draft: Draft): Child {
  const { items, level } = draft
  let files = 0
  let bytes = 0
  const rests: (Buffer | undefined)[] = []
  for (const item of items) {
    if (level === 0) {
      files++
      bytes += item.rest === undefined ? decodeSize(existing(item).node, existing(item).rest(item.index)) : decodeSize(item.rest, 0)
      rests.push(item.rest)
    } else {
      const child = item.draft === undefined ? readChild(existing(item), item.index) : writeDraft(nodes, item.draft)
      files += child.files
      bytes += child.bytes
      rests.push(item.draft === undefined ? undefined : encodeChild(child))
    }
  }
  const node = nodes.reserveNode()
  nodes.putNode(node, sealNode(node, encodeRecords(level, items, rests)))
  return { files, bytes: boundedTreeBytes(bytes), node }
}

function encodeRecords(level: number, items: readonly Item[], rests: readonly (Buffer | undefined)[]): Buffer {
  const prefix = prefixLength(level, items)
  writer.length = 0
  writeHeader(writer, { kind: level === 0 ? nodeKinds.leaf : nodeKinds.inner, level, count: items.length, prefixLength: prefix })
  if (prefix > 0) writer.bytes(keyOf(at(items, items.length - 1)), 0, prefix)
  const offsets = writer.length
  for (let i = 0; i < items.length; i++) writer.u16(0)
  for (let i = 0; i < items.length; i++) {
    const item = at(items, i)
    if (item.key === undefined && existing(item).prefixLength === prefix) {
      i += copyRun(items, i, offsets) - 1
      continue
    }
    writer.patchU16(offsets + 2 * i, writer.length)
    if (level > 0 && i === 0) writer.varint(0)
    else if (item.key === undefined) existing(item).writeKey(item.index, prefix, writer)
    else {
      writer.varint(item.key.length - prefix)
      writer.bytes(item.key, prefix)
    }
    const rest = rests[i]
    if (rest !== undefined) writer.bytes(rest)
    else writer.bytes(existing(item).node, existing(item).rest(item.index), existing(item).end(item.index))
  }
  return writer.finish()
}

/** Copies records that stood in a row under the same prefix, all at once; answers how many. Most of a rewritten node is such. */
function copyRun(items: readonly Item[], first: number, offsets: number): number {
  const { source, index } = at(items, first)
  if (source === undefined) return 0
  let count = 1
  for (let next = items[first + count]; next !== undefined; next = items[first + count]) {
    if (next.source !== source || next.key !== undefined || next.index !== index + count) break
    count++
  }
  const shift = writer.length - source.start(index)
  for (let i = 0; i < count; i++) writer.patchU16(offsets + 2 * (first + i), source.start(index + i) + shift)
  writer.bytes(source.node, source.start(index), source.end(index + count - 1))
  return count
}

function encodeChild(child: Child): Buffer {
  childWriter.length = 0
  childWriter.varint(child.node)
  childWriter.varint(child.files)
  childWriter.varint(child.bytes)
  return childWriter.finish()
}

/** How long a prefix the records share: that of the first and the last key, the others lying between them. */
function prefixLength(level: number, items: readonly Item[]): number {
  const first = level === 0 ? 0 : 1
  if (items.length - first < 2) return 0
  return commonLength(keyOf(at(items, first)), keyOf(at(items, items.length - 1)))
}

function lowerBound(separator: Buffer, level: number, items: readonly Item[], start: number): Buffer {
  if (start === 0) return separator
  const key = keyOf(at(items, start))
  return level === 0 ? separatorOf(keyOf(at(items, start - 1)), key) : key
}

function cost(item: Item): number {
  const { source, index } = item
  if (item.key === undefined && source !== undefined) return 2 + source.prefixLength + source.end(index) - source.start(index)
  const key = item.key?.length ?? 0
  const rest = item.rest?.length ?? (source === undefined ? childBytesMax : source.end(index) - source.rest(index))
  return recordOverheadBytes + Math.max(0, varintBytes(key) - 2) + key + rest
}

function mayHold(level: number, count: number, length: number): boolean {
  if (length <= bounds.nodeTargetBytes) return true
  return count <= recordsMin(level) || (count <= fewRecords(level) && length <= bounds.nodeBytesMax)
}

/** Long records: up to this many may fill a node beyond its target, so that an inner node still spreads out. */
function fewRecords(level: number): number {
  return level === 0 ? 3 : 8
}

/** A node holds at least this many, however long they are: an inner node with one child would only add height. */
function recordsMin(level: number): number {
  return level === 0 ? 1 : 2
}

function existing(item: Item): Records {
  if (item.source === undefined) throw new Error('an item without a source')
  return item.source
}

function at(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new RangeError('no such item')
  return item
}
