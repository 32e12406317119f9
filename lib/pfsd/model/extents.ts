import { bounds } from './bounds'
import { ByteReader } from './byte-reader'
import { ByteWriter } from './byte-writer'
import { readExtent, writeExtent } from './codec-entry'
import { checkHeader, headerBytes, nodeKinds, writeHeader } from './codec-records'
import type { Content, Extent, NodeReader, NodeWriter } from './entry'
import { sealNode } from './seal'

/*
 * Content of more extents than an entry holds stands in a small tree of extent-list nodes: level 0 holds extents one after the
 * other, higher levels hold children, each as varint node and varint bytes below. So a range is found without reading the list
 * before it.
 */
const writer = new ByteWriter()
const recordBytesMax = 24

interface Child { readonly node: number, readonly bytes: number }

/** How the items of a level are written, and the bytes of content that each stands for. */
interface RecordKind<Item> {
  write(writer: ByteWriter, item: Item): void
  bytes(item: Item): number
}

const extentRecords: RecordKind<Extent> = { write: writeExtent, bytes: (extent) => extent.length }

const childRecords: RecordKind<Child> = {
  write(out, child) {
    out.varint(child.node)
    out.varint(child.bytes)
  },
  bytes: (child) => child.bytes,
}

/** Content of these extents, in order; neighbours that continue each other become one, empty ones go. */
export function contentOf(nodes: NodeWriter, extents: readonly Extent[]): Content {
  const joined = join(extents)
  if (joined.length <= bounds.extentsMax) return { kind: 'extents', extents: joined }
  let children = writeLevel(nodes, 0, joined, extentRecords)
  for (let level = 1; children.length > 1; level++) children = writeLevel(nodes, level, children, childRecords)
  const top = children[0]
  if (top === undefined) throw new Error('a list without a node')
  return { kind: 'list', node: top.node }
}

/** The extents that hold bytes [from, to) of extent content, cut to that range. Inline content has none. */
export function extentsOf(nodes: NodeReader, content: Content, from = 0, to = Infinity): Extent[] {
  const found: Extent[] = []
  if (content.kind === 'list') collect(nodes, content.node, { from, to }, found)
  else if (content.kind === 'extents') {
    let start = 0
    for (const extent of content.extents) start = take(extent, start, { from, to }, found)
  }
  return found
}

interface Range { readonly from: number, readonly to: number }

function collect(nodes: NodeReader, id: number, range: Range, found: Extent[]): void {
  const node = nodes.node(id)
  checkHeader(node)
  if (node[5] !== nodeKinds.extents) throw new Error('not a list of extents')
  const level = node[10] ?? 0
  const reader = new ByteReader(node, headerBytes)
  let start = 0
  for (let left = node.readUInt16LE(6); left > 0 && start < range.to; left--) {
    if (level === 0) {
      start = take(readExtent(reader), start, range, found)
      continue
    }
    const child = { node: reader.varint(), bytes: reader.varint() }
    if (start + child.bytes > range.from) collect(nodes, child.node, { from: range.from - start, to: range.to - start }, found)
    start += child.bytes
  }
}

/** Adds what the extent, which begins at `start`, has in the range; answers where it ends. */
function take(extent: Extent, start: number, { from, to }: Range, found: Extent[]): number {
  const end = start + extent.length
  const skipped = Math.max(0, from - start)
  const length = Math.min(end, to) - start - skipped
  if (length > 0) found.push(length === extent.length ? extent : { blob: extent.blob, offset: extent.offset + skipped, length })
  return end
}

function join(extents: readonly Extent[]): Extent[] {
  const joined: Extent[] = []
  for (const extent of extents) {
    const last = joined[joined.length - 1]
    if (extent.length === 0) continue
    if (last === undefined || last.blob !== extent.blob || last.offset + last.length !== extent.offset) joined.push(extent)
    else joined[joined.length - 1] = { blob: last.blob, offset: last.offset, length: last.length + extent.length }
  }
  return joined
}

/** Spreads items over nodes; answers the nodes. */
function writeLevel<Item>(nodes: NodeWriter, level: number, items: readonly Item[], records: RecordKind<Item>): Child[] {
  const children: Child[] = []
  let count = 0
  let bytes = 0
  writer.length = 0
  for (const item of items) {
    if (count === 0) writeHeader(writer, { kind: nodeKinds.extents, level, count: 0, prefixLength: 0 })
    records.write(writer, item)
    bytes += records.bytes(item)
    count++
    if (writer.length + recordBytesMax > bounds.nodeTargetBytes) finish()
  }
  if (count > 0) finish()
  return children

  function finish(): void {
    writer.patchU16(6, count)
    const node = nodes.reserveNode()
    nodes.putNode(node, sealNode(node, writer.finish()))
    children.push({ node, bytes })
    count = 0
    bytes = 0
  }
}
