import fc from 'fast-check'
import { Cursor } from '../../lib/pfsd/model/cursor'
import { childNode, readChild } from '../../lib/pfsd/model/draft'
import { emptyRoot, type Entry, type NodeReader } from '../../lib/pfsd/model/entry'
import { Records } from '../../lib/pfsd/model/codec-records'
import { chainOf } from '../../lib/pfsd/model/delta'
import { bounds } from '../../lib/pfsd/model/bounds'
import { sums } from '../../lib/pfsd/model/tree'

/** What a tree must hold, as plainly as can be: entries by path in Latin-1 characters, whose order is that of the bytes. */
export type Model = Map<string, Entry>

export function keyName(path: Buffer): string {
  return path.toString('latin1')
}

export function sorted(model: Model): [string, Entry][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

export function inlineEntry(text: string, more: Partial<Entry> = {}): Entry {
  const bytes = Buffer.from(text)
  return {
    op: 'set', size: bytes.length, hashKind: 0, hash: Buffer.alloc(0), created: 1, time: 1_700_000_000_000,
    content: { kind: 'inline', bytes }, attributes: undefined, ...more,
  }
}

export function blobEntry(size: number, more: Partial<Entry> = {}): Entry {
  return {
    op: 'set', size, hashKind: 1, hash: Buffer.alloc(32, size & 255), created: 7, time: 1_700_000_000_000,
    content: { kind: 'extents', extents: [{ blob: 1 + size, offset: 0, length: size }] }, attributes: undefined, ...more,
  }
}

/** Everything in the tree, by a cursor from the front. */
export function contents(nodes: NodeReader, root: number): [string, Entry][] {
  const found: [string, Entry][] = []
  const cursor = new Cursor(nodes, root)
  for (let valid = cursor.seek(Buffer.alloc(0)); valid; valid = cursor.next()) found.push([keyName(cursor.path()), cursor.entry()])
  return found
}

/** Checks the invariants of a whole tree; answers the number of nodes and those that are nearly empty. */
export function inspect(nodes: NodeReader, root: number): { readonly nodes: number, readonly small: number } {
  const { base } = chainOf(nodes, root)
  const total = { nodes: 0, small: 0 }
  if (base === emptyRoot) return total
  walk(new Records(nodes.node(base)), Buffer.alloc(0), undefined)
  return total

  function walk(records: Records, lower: Buffer, upper: Buffer | undefined): void {
    total.nodes++
    if (records.node.length < bounds.nodeBytesMin) total.small++
    if (records.count === 0) throw new Error('an empty node')
    if (records.level > 0 && records.count === 1 && upper === undefined && lower.length === 0) throw new Error('a root with one child')
    if (records.node.length > bounds.nodeBytesMax && records.count > 2) throw new Error('a node that is too long')
    for (let i = 0; i < records.count; i++) {
      const key = records.level > 0 && i === 0 ? lower : records.key(i)
      const next = i + 1 < records.count ? records.key(i + 1) : upper
      if (Buffer.compare(key, lower) < 0 || (next !== undefined && Buffer.compare(key, next) >= 0)) throw new Error('keys out of order')
      if (records.level === 0) continue
      const child = readChild(records, i)
      const below = new Records(nodes.node(childNode(records, i)))
      if (below.level !== records.level - 1) throw new Error('leaves at different depths')
      const sum = sums(nodes, child.node)
      if (sum.files !== child.files || sum.bytes !== child.bytes) throw new Error('wrong sums')
      walk(below, key, next)
    }
  }
}

const pieces = ['a', 'b', '/', '//', '.', '\u0001', '\u007f', '\u0000x', ' ', 'é', 'ｆ', '😀', '\uffff', '%2F', 'dir/', 'q'.repeat(90)]

/** Keys that like to meet, to be prefixes of each other, and to sort differently in UTF-16. */
export const keys: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }).map((list) => Buffer.from(list.join(''))) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 400 }).map((n) => Buffer.from(`logs/2024/${String(n).padStart(6, '0')}.json`)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('x', 'y'), fc.nat({ max: 20 })).map(([c, n]) => Buffer.from(c.repeat(1020) + String(n))) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3 }).map((bytes) => Buffer.from(bytes)) },
)

/** Of sizes that a tree may hold thousands of. */
export const entries: fc.Arbitrary<Entry> = fc.oneof(
  fc.integer({ min: 0, max: 64 }).map((n) => inlineEntry('i'.repeat(n))),
  fc.integer({ min: 65, max: 2 ** 36 }).map((n) => blobEntry(n)),
  fc.integer({ min: 0, max: 255 }).map((n) => blobEntry(n + 100, {
    attributes: { kind: 'inline', bytes: Buffer.alloc(n, 1), stale: true },
    hash: Buffer.alloc(n % 64),
  })),
  fc.integer({ min: 1, max: 4 }).map((n) => blobEntry(n * 10, {
    content: { kind: 'extents', extents: Array.from({ length: n }, (_, i) => ({ blob: 2 ** 33 + i, offset: i * 2 ** 35, length: 10 })) },
    attributes: { kind: 'blob', blob: 5, length: 2000 },
  })),
  fc.constant(blobEntry(5 * 2 ** 35, { content: { kind: 'list', node: 77 } })),
)
