import fc from 'fast-check'
import t from 'tap'
import { applyChanges, type Change, Changes, composeFileSets, readChanges } from '../../../lib/pfsd/model/change'
import { bounds } from '../../../lib/pfsd/model/bounds'
import { emptyRoot, type Entry } from '../../../lib/pfsd/model/entry'
import { extentsOf } from '../../../lib/pfsd/model/extents'
import type { Piece } from '../../../lib/pfsd/model/program'
import { lookup, sums } from '../../../lib/pfsd/model/tree'
import { applyEdits } from '../../../lib/pfsd/model/tree-edit'
import { MemoryNodes } from '../../support/memory-nodes'
import { contents, inlineEntry } from '../../support/tree-model'

const stamp = { created: 9, time: 1234 }

type Op =
  | { readonly kind: 'add', readonly name: string, readonly text: string, readonly attributes: string | undefined }
  | { readonly kind: 'delete', readonly name: string }

const names = fc.constantFrom('/a', '/a/b', '/a/c', '/b', '/b\0datum')
const text = fc.oneof(fc.constantFrom('', 'x', 'y'.repeat(40)), fc.nat({ max: 500 }).map((n) => String.fromCharCode(97 + n % 26).repeat(n)))
const attributes = fc.option(fc.constantFrom('A', 'B'), { nil: undefined })
const ops: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), name: names, text, attributes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), name: names }) },
)

t.test('file sets do to a commit what their streams said, one by one or composed', (t) => {
  fc.assert(fc.property(fc.array(fc.array(ops, { maxLength: 8 }), { maxLength: 6 }), fc.nat({ max: 6 }), (layers, split) => {
    const nodes = new MemoryNodes()
    const base = applyEdits(nodes, emptyRoot, ['/a', '/a/b', '/c'].map((name) => ({ path: Buffer.from(name), entry: inlineEntry('old') })))
    const model = new Map([['/a', 'old'], ['/a/b', 'old'], ['/c', 'old']])
    const sets = layers.map((layer) => applyEdits(nodes, emptyRoot, stream(nodes, layer)))
    for (const layer of layers) replay(model, layer)
    const apply = (root: number, set: number): number => applyChanges(nodes, root, readChanges(nodes, set), stamp)
    const oneByOne = sets.reduce(apply, base)
    const composed = apply(base, composeFileSets(nodes, sets))
    const twice = [composeFileSets(nodes, sets.slice(0, split)), composeFileSets(nodes, sets.slice(split))]
    const regrouped = apply(base, composeFileSets(nodes, twice))
    const expected = [...model].map(([name, body]) => [Buffer.from(name).toString('latin1'), body] as const).sort(([a], [b]) => (a < b ? -1 : 1))
    for (const root of [oneByOne, composed, regrouped]) {
      const found = contents(nodes, root)
      if (!same(found.map(([name, entry]) => [name, read(nodes, entry)]), expected)) throw new Error('contents differ')
      if (!same(found.map(attributesOf), contents(nodes, oneByOne).map(attributesOf))) throw new Error('attributes differ')
      if (found.some(([, entry]) => entry.op !== 'set' || entry.size !== read(nodes, entry).length)) throw new Error('no entry of a commit')
    }
  }), { numRuns: 300, seed: 5 })
  t.end()
})

function stream(nodes: MemoryNodes, layer: readonly Op[]): Change[] {
  const changes = new Changes()
  for (const op of layer) {
    const key = Buffer.from(op.name)
    if (op.kind === 'add') changes.add(key, [bytes(op.text)], op.attributes === undefined ? undefined : Buffer.from(op.attributes))
    else changes.delete(key)
  }
  return changes.settle(nodes)
}

function replay(model: Map<string, string>, layer: readonly Op[]): void {
  for (const op of layer) {
    if (op.kind === 'add') model.set(op.name, (model.get(op.name) ?? '') + op.text)
    else model.delete(op.name)
  }
}

function attributesOf([, entry]: [string, Entry]): Entry['attributes'] {
  return entry.attributes
}

function bytes(value: string): Piece {
  return { kind: 'bytes', bytes: Buffer.from(value) }
}

function read(nodes: MemoryNodes, entry: Entry): string {
  if (entry.content.kind === 'inline') return entry.content.bytes.toString()
  const texts = extentsOf(nodes, entry.content).map(({ blob, offset, length }) => nodes.blobs.get(blob)?.toString('utf8', offset, offset + length))
  return texts.join('')
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

interface Outcome { readonly entry: Entry | undefined, readonly nodes: MemoryNodes }

/** Applies one stream's changes to a commit in which `/k` stands, and answers what became of it. */
function after(below: Entry | undefined, change: (changes: Changes) => void): Outcome {
  const nodes = new MemoryNodes()
  const path = Buffer.from('/k')
  const root = below === undefined ? emptyRoot : applyEdits(nodes, emptyRoot, [{ path, entry: below }])
  const changes = new Changes()
  change(changes)
  return { entry: lookup(nodes, applyChanges(nodes, root, changes.settle(nodes), stamp), path), nodes }
}

const key = Buffer.from('/k')
const sent = Buffer.from('attributes')
const described = inlineEntry('old', { hashKind: 1, hash: Buffer.alloc(32, 1), attributes: { kind: 'inline', bytes: sent } })

t.test('an append drops the hash, and attributes that it does not bring', (t) => {
  const { entry } = after(described, (changes) => changes.add(key, [bytes('+new')]))
  t.match(entry, { size: 7, hashKind: 0, created: 9, time: 1234, content: { kind: 'inline', bytes: Buffer.from('old+new') } })
  t.equal(entry?.attributes, undefined)
  t.end()
})

t.test('attributes of an append to older content are stale', (t) => {
  const { entry } = after(described, (changes) => changes.add(key, [bytes('+')], Buffer.from('other')))
  t.same(entry?.attributes, { kind: 'inline', bytes: Buffer.from('other'), stale: true })
  const onEmpty = after(inlineEntry(''), (changes) => changes.add(key, [bytes('+')], Buffer.from('other')))
  t.same(onEmpty.entry?.attributes, { kind: 'inline', bytes: Buffer.from('other') })
  const onNothing = after(undefined, (changes) => changes.add(key, [bytes('+')], Buffer.from('other')))
  t.same(onNothing.entry?.attributes, { kind: 'inline', bytes: Buffer.from('other') })
  t.end()
})

t.test('attributes with the last piece of an overwrite hold for all of it', (t) => {
  const { entry, nodes } = after(described, (changes) => {
    changes.delete(key)
    changes.add(key, [bytes('x'.repeat(60))])
    changes.add(key, [bytes('y'.repeat(60))], Buffer.alloc(300, 1))
  })
  t.same(entry?.attributes, { kind: 'blob', blob: 2, length: 300 })
  t.equal(nodes.blobs.get(2)?.length, 300)
  t.same(entry?.content, { kind: 'extents', extents: [{ blob: 1, offset: 0, length: 120 }] })
  t.end()
})

t.test('a copy inherits hash and attributes; new attributes replace', (t) => {
  const source = { ...described, attributes: { kind: 'blob', blob: 3, length: 999, stale: true } } as const
  const inherited = after(inlineEntry('gone'), (changes) => changes.copy(key, source, { append: false }))
  t.match(inherited.entry, { op: 'set', size: 3, hashKind: 1, hash: source.hash, attributes: source.attributes, created: 9 })
  const replaced = after(inlineEntry('gone'), (changes) => changes.copy(key, source, { append: false, attributes: sent }))
  t.match(replaced.entry, { size: 3, hashKind: 1, attributes: { kind: 'inline', bytes: sent } })
  const appended = after(inlineEntry('gone'), (changes) => changes.copy(key, source, { append: true }))
  t.match(appended.entry, { size: 7, hashKind: 0, attributes: undefined })
  t.end()
})

t.test('ten thousand parts make one file, by file sets composed in order', (t) => {
  const nodes = new MemoryNodes()
  const path = Buffer.from('/part')
  const sets = Array.from({ length: 10_000 }, (_, i) => {
    const changes = new Changes()
    changes.add(path, [{ kind: 'file', file: { id: i + 1, length: 5_000_000 + i } }])
    return applyEdits(nodes, emptyRoot, changes.settle(nodes))
  })
  const composed = composeFileSets(nodes, sets)
  const part = lookup(nodes, composed, path)
  if (part === undefined) throw new Error('no part')
  const changes = new Changes()
  const { result, writes } = nodes.count(() => {
    changes.copy(key, part, { append: false, attributes: sent })
    return applyChanges(nodes, emptyRoot, changes.settle(nodes), stamp)
  })
  t.equal(writes, 1, 'the list of extents is shared')
  const entry = lookup(nodes, result, key)
  if (entry === undefined) throw new Error('no file')
  t.equal(entry.size, 10_000 * 5_000_000 + 9999 * 5000)
  t.equal(entry.content.kind, 'list')
  const all = extentsOf(nodes, entry.content)
  t.equal(all.length, 10_000)
  t.ok(all.every((extent, i) => extent.blob === i + 1 && extent.length === 5_000_000 + i))
  const from = 25_000_000_000
  const some = nodes.count(() => extentsOf(nodes, entry.content, from, from + 8_000_000))
  t.ok(some.reads <= 4, `${some.reads} nodes for a range`)
  t.equal(some.result.reduce((sum, { length }) => sum + length, 0), 8_000_000)
  let start = 0
  const first = all.find(({ length }) => (start += length) > from)
  t.match(some.result[0], { blob: first?.blob, offset: (first?.length ?? 0) - (start - from) })
  t.end()
})

t.test('content that came in many small pieces stands in blobs of bounded size', (t) => {
  const nodes = new MemoryNodes()
  const changes = new Changes()
  const pieces = Array.from({ length: 80_000 }, (_, i) => Buffer.alloc(60, i % 251))
  for (const bytes of pieces) changes.copy(key, { ...described, size: 60, content: { kind: 'inline', bytes } }, { append: true })
  const [change] = changes.settle(nodes)
  if (change === undefined) throw new Error('no change')
  const extents = extentsOf(nodes, change.entry.content)
  t.ok(Buffer.concat(extents.map(({ blob }) => nodes.blobs.get(blob) ?? Buffer.alloc(0))).equals(Buffer.concat(pieces)))
  t.equal(change.entry.size, 80_000 * 60)
  t.equal(extents.length, 5)
  for (const { length } of extents) t.ok(length <= bounds.smallBlobBytesMax, `a blob of ${length} bytes`)
  t.end()
})

t.test('extents that continue each other become one, and ranges are cut exactly', (t) => {
  const sizes = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 30 })), { maxLength: 300, size: 'max' })
  fc.assert(fc.property(sizes, fc.nat(3000), fc.nat(3000), (list, from, length) => {
    const nodes = new MemoryNodes()
    const changes = new Changes()
    let flat = ''
    for (const [blob, size] of list) {
      const extents = [{ blob, offset: 7, length: size }]
      changes.copy(key, { ...described, size, content: { kind: 'extents', extents } }, { append: true })
      for (let i = 0; i < size; i++) flat += String.fromCharCode(65 + blob * 40 + i + 7)
    }
    const [change] = changes.settle(nodes)
    const found = change === undefined ? [] : extentsOf(nodes, change.entry.content, from, from + length)
    let text = ''
    for (const extent of found) for (let i = 0; i < extent.length; i++) text += String.fromCharCode(65 + extent.blob * 40 + i + extent.offset)
    if (text !== flat.slice(from, from + length)) throw new Error('ranges differ')
  }), { numRuns: 100, seed: 6 })
  t.end()
})

t.test('sizes that no tree may hold are refused: of one file, of a leaf and of inner nodes', (t) => {
  const nodes = new MemoryNodes()
  const large = (size: number): Entry => ({ ...inlineEntry(''), size, content: { kind: 'extents', extents: [{ blob: 1, offset: 0, length: size }] } })
  const copied = (key: string, ...sizes: number[]): Change[] => {
    const changes = new Changes()
    for (const size of sizes) changes.copy(Buffer.from(key), large(size), { append: true })
    return changes.settle(nodes)
  }
  const refused = { name: 'RpcFailure', code: 11 }
  t.equal(copied('/a', bounds.treeBytesMax - 1, 1)[0]?.entry.size, bounds.treeBytesMax)
  for (const sizes of [[bounds.treeBytesMax, 1], [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]]) t.throws(() => copied('/a', ...sizes), refused)
  const half = applyChanges(nodes, emptyRoot, copied('/a', 2 ** 47), stamp)
  t.throws(() => applyChanges(nodes, half, copied('/a', 2 ** 47), stamp), refused)
  t.throws(() => applyChanges(nodes, half, copied('/b', 2 ** 47), stamp), refused)
  const most = applyChanges(nodes, half, copied('/b', 2 ** 47 - 1001), stamp)
  const many = (count: number): Change[] => Array.from({ length: count }, (_, i) => copied(`/c/${String(i).padStart(5, '0')}`, 1)).flat()
  t.equal(sums(nodes, applyChanges(nodes, most, many(1000), stamp)).bytes, bounds.treeBytesMax)
  t.throws(() => applyChanges(nodes, most, many(1001), stamp), refused)
  t.throws(() => composeFileSets(nodes, [half, applyChanges(nodes, emptyRoot, copied('/b', 2 ** 47), stamp)]), refused)
  t.end()
})
