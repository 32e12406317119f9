import type { ByteWriter } from './byte-writer'

/*
 * Nodes that hold records in key order share one layout, so that a key is found by binary search in the encoded bytes:
 *
 *   0  u32  checksum, see seal.ts             8  u16  length of the prefix
 *   4  u8   version, 1                       10  u8   level: 0 leaf, 1 and up inner; in a delta its depth
 *   5  u8   kind                             11  u8   flags, 0
 *   6  u16  count                            12       delta only: u48 id of the root beneath
 *
 * then the prefix that all keys share, stored once; `count` u16 offsets of the records from the node's start; the records:
 * varint length of the key's rest, that rest, and what the kind says of it up to the next record. Numbers are little-endian.
 * An inner node's first key is empty and not covered by the prefix: its first child takes everything below the second key.
 */
export const nodeKinds = { leaf: 1, inner: 2, delta: 3, extents: 4 } as const

type NodeKind = typeof nodeKinds[keyof typeof nodeKinds]

export const headerBytes = 12
const version = 1

/** A view of a node's records; nothing is copied until it is asked for. */
export class Records {
  readonly node: Buffer
  readonly kind: number
  readonly level: number
  readonly count: number
  readonly prefixLength: number
  private readonly prefixAt: number
  private readonly offsetsAt: number
  /** First record whose key counts. */
  private readonly first: number

  constructor(node: Buffer) {
    checkHeader(node)
    this.node = node
    this.kind = node[5] ?? 0
    this.level = node[10] ?? 0
    this.count = u16(node, 6)
    this.prefixLength = u16(node, 8)
    this.prefixAt = this.kind === nodeKinds.delta ? headerBytes + 6 : headerBytes
    this.offsetsAt = this.prefixAt + this.prefixLength
    this.first = this.kind === nodeKinds.inner ? 1 : 0
  }

  get isDelta(): boolean {
    return this.kind === nodeKinds.delta
  }

  /** Id of the root that a delta stands in front of. */
  get beneath(): number {
    return this.node.readUIntLE(headerBytes, 6)
  }

  /** Where the record starts. */
  start(index: number): number {
    return u16(this.node, this.offsetsAt + 2 * index)
  }

  end(index: number): number {
    return index + 1 < this.count ? this.start(index + 1) : this.node.length
  }

  /** Where what follows the key starts. */
  rest(index: number): number {
    const start = this.start(index)
    const length = restLength(this.node, start)
    return start + (length < 0x80 ? 1 : length < 0x4000 ? 2 : 3) + length
  }

  /** The whole key, in a buffer of its own unless there is no prefix. */
  key(index: number): Buffer {
    const end = this.rest(index)
    const start = end - restLength(this.node, this.start(index))
    if (this.prefixLength === 0 || index < this.first) return this.node.subarray(start, end)
    const { node, prefixLength, prefixAt } = this
    const key = Buffer.allocUnsafe(prefixLength + end - start)
    // By hand: for as few bytes as most keys have, `copy` takes several times as long.
    for (let i = 0; i < prefixLength; i++) key[i] = node[prefixAt + i] ?? 0
    for (let from = start, to = prefixLength; from < end; from++, to++) key[to] = node[from] ?? 0
    return key
  }

  /** Writes the key without its first `cut` bytes. */
  writeKey(index: number, cut: number, writer: ByteWriter): void {
    const end = this.rest(index)
    const start = end - restLength(this.node, this.start(index))
    writer.varint(this.prefixLength - cut + end - start)
    if (cut < this.prefixLength) writer.bytes(this.node, this.prefixAt + cut, this.offsetsAt)
    writer.bytes(this.node, start + Math.max(0, cut - this.prefixLength), end)
  }

  /** Index of the record with exactly this key, or ~index of the first one above it. In an inner node the first key is never found. */
  find(key: Buffer): number {
    const order = this.comparePrefix(key)
    if (order !== 0) return order < 0 ? ~this.first : ~this.count
    let low = this.first
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = this.compareRest(middle, key)
      if (order === 0) return middle
      if (order < 0) high = middle
      else low = middle + 1
    }
    return ~low
  }

  /** Index of the first record with this key or one above it; `count` where there is none. */
  place(key: Buffer): number {
    const found = this.find(key)
    return found < 0 ? ~found : found
  }

  /** Below 0: `key` lies before all keys that start with the prefix; above: behind them all; 0: it starts with the prefix. */
  private comparePrefix(key: Buffer): number {
    const { node, prefixAt, prefixLength } = this
    const length = Math.min(prefixLength, key.length)
    for (let i = 0; i < length; i++) {
      const difference = byteAt(key, i) - byteAt(node, prefixAt + i)
      if (difference !== 0) return difference
    }
    return key.length < prefixLength ? -1 : 0
  }

  private compareRest(index: number, key: Buffer): number {
    const { node, prefixLength } = this
    const end = this.rest(index)
    const start = end - restLength(node, this.start(index))
    const length = Math.min(end - start, key.length - prefixLength)
    for (let i = 0; i < length; i++) {
      const difference = byteAt(key, prefixLength + i) - byteAt(node, start + i)
      if (difference !== 0) return difference
    }
    return key.length - prefixLength - (end - start)
  }
}

/** Throws unless this build can read the node. */
export function checkHeader(node: Buffer): void {
  if (node[4] !== version) throw new Error(`a node of format ${node[4]} cannot be read`)
  if (node[11] !== 0) throw new Error('a node carries flags that cannot be read')
}

interface NodeHeader { readonly kind: NodeKind, readonly level: number, readonly count: number, readonly prefixLength: number }

/** Starts a node; its checksum is filled in by sealNode. */
export function writeHeader(writer: ByteWriter, head: NodeHeader): void {
  writer.u16(0)
  writer.u16(0)
  writer.byte(version)
  writer.byte(head.kind)
  writer.u16(head.count)
  writer.u16(head.prefixLength)
  writer.byte(head.level)
  writer.byte(0)
}

function u16(node: Buffer, at: number): number {
  return byteAt(node, at) | (byteAt(node, at + 1) << 8)
}

// Offsets come from a node whose checksum held, so an index out of range means a fault of the writer: it reads as 0 and the
// search goes astray within this node, never outside of it.
function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0
}

function restLength(node: Buffer, at: number): number {
  const first = byteAt(node, at)
  if (first < 0x80) return first
  const second = byteAt(node, at + 1)
  if (second < 0x80) return (first & 0x7f) | (second << 7)
  return (first & 0x7f) | ((second & 0x7f) << 7) | (byteAt(node, at + 2) << 14)
}
