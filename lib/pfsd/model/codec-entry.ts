import { bounds } from './bounds'
import { ByteReader } from './byte-reader'
import { ByteWriter } from './byte-writer'
import type { AttributesRef, Content, Entry, Extent } from './entry'

/*
 * What a leaf says of one path, behind its key:
 *
 *   varint size
 *   u8     flags: bits 0-1 op (set, append, delete), 2-3 content (inline, extents, list), 4-5 attributes (none, inline, blob),
 *          6 attributes are stale, 7 reserved
 *   u8     hash kind; unless 0: u8 length, bytes
 *   varint created, varint time
 *   inline: `size` bytes | extents: u8 count, then varint blob, offset, length of each | list: varint node
 *   attributes inline: varint length, bytes | blob: varint blob, length
 *
 * The size comes first because sums need nothing else.
 */
const ops = ['set', 'append', 'delete'] as const
const contentKinds = ['inline', 'extents', 'list'] as const
const noHash = Buffer.alloc(0)
const scratch = new ByteWriter()

/** The encoded entry, in a buffer of its own. Throws a RangeError if a part is longer than `bounds` allow. */
export function encodeEntry(entry: Entry): Buffer {
  const { attributes, content } = entry
  scratch.length = 0
  scratch.varint(entry.size)
  scratch.byte(ops.indexOf(entry.op) | (contentKinds.indexOf(content.kind) << 2) | attributeFlags(attributes))
  scratch.byte(entry.hashKind)
  if (entry.hashKind !== 0) {
    if (entry.hash.length > bounds.hashBytesMax) throw new RangeError('a hash is too long')
    scratch.byte(entry.hash.length)
    scratch.bytes(entry.hash)
  }
  scratch.varint(entry.created)
  scratch.varint(entry.time)
  writeContent(content, entry.size)
  if (attributes !== undefined) writeAttributes(attributes)
  return scratch.finish()
}

/** The entry whose encoding starts at `at`. Its buffers share the node's memory. */
export function decodeEntry(node: Buffer, at: number): Entry {
  const reader = new ByteReader(node, at)
  const size = reader.varint()
  const flags = reader.byte()
  const op = ops[flags & 3]
  if (op === undefined || flags >= 0x80) throw new Error('an entry carries flags that cannot be read')
  const hashKind = reader.byte()
  const hash = hashKind === 0 ? noHash : reader.take(reader.byte())
  const created = reader.varint()
  const time = reader.varint()
  const content = readContent(reader, flags >> 2 & 3, size)
  const attributes = readAttributes(reader, flags >> 4 & 7)
  return { op, size, hashKind, hash, created, time, content, attributes }
}

/** Size of the entry whose encoding starts at `at`. */
export function decodeSize(node: Buffer, at: number): number {
  return new ByteReader(node, at).varint()
}

export function readExtent(reader: ByteReader): Extent {
  return { blob: reader.varint(), offset: reader.varint(), length: reader.varint() }
}

export function writeExtent(writer: ByteWriter, extent: Extent): void {
  writer.varint(extent.blob)
  writer.varint(extent.offset)
  writer.varint(extent.length)
}

function writeContent(content: Content, size: number): void {
  switch (content.kind) {
    case 'inline':
      if (content.bytes.length > bounds.inlineBytesMax) throw new RangeError('inline content is too long')
      if (content.bytes.length !== size) throw new RangeError('the size is not that of the inline content')
      return scratch.bytes(content.bytes)
    case 'extents':
      if (content.extents.length > bounds.extentsMax) throw new RangeError('too many extents for one entry')
      scratch.byte(content.extents.length)
      for (const extent of content.extents) writeExtent(scratch, extent)
      return
    case 'list':
      return scratch.varint(content.node)
  }
}

function readContent(reader: ByteReader, kind: number, size: number): Content {
  switch (contentKinds[kind]) {
    case 'inline':
      return { kind: 'inline', bytes: reader.take(size) }
    case 'extents':
      return { kind: 'extents', extents: readExtents(reader) }
    case 'list':
      return { kind: 'list', node: reader.varint() }
    default:
      throw new Error('an entry holds content of an unknown kind')
  }
}

/** A loop, for `Array.from` alone was a tenth of a listing's decoding. */
function readExtents(reader: ByteReader): Extent[] {
  const extents: Extent[] = []
  for (let left = reader.byte(); left > 0; left--) extents.push(readExtent(reader))
  return extents
}

function attributeFlags(attributes: AttributesRef | undefined): number {
  if (attributes === undefined) return 0
  return (attributes.kind === 'inline' ? 0x10 : 0x20) | (attributes.stale === true ? 0x40 : 0)
}

function writeAttributes(attributes: AttributesRef): void {
  if (attributes.kind === 'inline') {
    if (attributes.bytes.length > bounds.attributesInlineBytesMax) throw new RangeError('inline attributes are too long')
    scratch.varint(attributes.bytes.length)
    scratch.bytes(attributes.bytes)
  } else {
    scratch.varint(attributes.blob)
    scratch.varint(attributes.length)
  }
}

function readAttributes(reader: ByteReader, flags: number): AttributesRef | undefined {
  const stale = (flags & 4) !== 0
  switch (flags & 3) {
    case 0:
      return undefined
    case 1:
      return withStale({ kind: 'inline', bytes: reader.take(reader.varint()) }, stale)
    case 2:
      return withStale({ kind: 'blob', blob: reader.varint(), length: reader.varint() }, stale)
    default:
      throw new Error('an entry holds attributes of an unknown kind')
  }
}

function withStale(attributes: AttributesRef, stale: boolean): AttributesRef {
  return stale ? { ...attributes, stale } : attributes
}
