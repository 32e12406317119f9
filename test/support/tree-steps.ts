import fc from 'fast-check'
import { encodeEntry } from '../../lib/pfsd/model/codec-entry'
import { bounds } from '../../lib/pfsd/model/bounds'
import { Cursor } from '../../lib/pfsd/model/cursor'
import { chainOf } from '../../lib/pfsd/model/delta'
import type { Entry } from '../../lib/pfsd/model/entry'
import { lookup, sums } from '../../lib/pfsd/model/tree'
import { deleteRange } from '../../lib/pfsd/model/tree-cut'
import { applyEdits, type Edit } from '../../lib/pfsd/model/tree-edit'
import type { MemoryNodes } from './memory-nodes'
import { contents, entries, inspect, keyName, type Model, sorted } from './tree-model'
import { writeDelta } from './write-delta'

/** One change of a tree. */
type Step =
  | { readonly kind: 'edit', readonly edits: readonly (readonly [Buffer, Entry | undefined])[] }
  | { readonly kind: 'cut', readonly lower: Buffer, readonly upper: Buffer | undefined }
  | { readonly kind: 'delta', readonly edits: readonly (readonly [Buffer, Entry | undefined])[] }

export function stepsOver(keys: fc.Arbitrary<Buffer>): fc.Arbitrary<Step> {
  const edit = fc.tuple(keys, fc.oneof({ weight: 3, arbitrary: entries }, { weight: 1, arbitrary: fc.constant(undefined) }))
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('edit' as const), edits: fc.array(edit, { maxLength: 60, size: 'max' }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), lower: keys, upper: fc.option(keys, { nil: undefined }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delta' as const), edits: fc.array(edit, { minLength: 1, maxLength: 4 }) }) },
  )
}

export function sortedEdits(edits: readonly (readonly [Buffer, Entry | undefined])[]): Edit[] {
  const byName = new Map(edits.map(([path, entry]) => [keyName(path), { path, entry }]))
  return [...byName.values()].sort((a, b) => Buffer.compare(a.path, b.path))
}

/** Does the step to both, and answers the new root. */
export function take(nodes: MemoryNodes, root: number, model: Model, step: Step): number {
  if (step.kind === 'cut') {
    for (const name of [...model.keys()]) {
      if (name >= keyName(step.lower) && (step.upper === undefined || name < keyName(step.upper))) model.delete(name)
    }
    return deleteRange(nodes, root, step.lower, step.upper)
  }
  const edits = sortedEdits(step.edits)
  const asDelta = step.kind === 'delta' && chainOf(nodes, root).chain.length < bounds.deltaDepthMax
  const changes = edits.map(({ path, entry }) => ({
    path, rest: entry === undefined ? undefined : encodeEntry(entry), replaced: model.get(keyName(path))?.size,
  }))
  for (const { path, entry } of edits) {
    if (entry === undefined) model.delete(keyName(path))
    else model.set(keyName(path), entry)
  }
  return asDelta ? writeDelta(nodes, root, changes) : applyEdits(nodes, root, edits)
}

interface Modelled { readonly nodes: MemoryNodes, readonly root: number, readonly model: Model }

/** Throws unless the tree holds what the model does, by every way of reading it. */
export function checkTree(tree: Modelled, lower: Buffer, upper: Buffer): void {
  const { nodes, root, model } = tree
  const expected = sorted(model)
  inspect(nodes, root)
  if (!same(contents(nodes, root), expected)) throw new Error('contents differ')
  for (const [name, entry] of expected) {
    if (!same(lookup(nodes, root, Buffer.from(name, 'latin1')), entry)) throw new Error(`lookup of ${name} differs`)
  }
  if (!model.has(keyName(lower)) && lookup(nodes, root, lower) !== undefined) throw new Error('found what is not there')
  const inside = expected.filter(([name]) => name >= keyName(lower) && name < keyName(upper))
  if (!same(sums(nodes, root, lower, upper), { files: inside.length, bytes: inside.reduce((sum, [, { size }]) => sum + size, 0) })) {
    throw new Error('sums differ')
  }
  if (sums(nodes, root).files !== expected.length) throw new Error('the sum of all differs')
  walkBoth(new Cursor(nodes, root), expected.map(([name]) => name), keyName(lower))
}

/** A cursor goes forth and back from any place. */
function walkBoth(cursor: Cursor, names: readonly string[], from: string): void {
  const path = Buffer.from(from, 'latin1')
  const up: string[] = []
  for (let valid = cursor.seek(path); valid; valid = cursor.next()) up.push(keyName(cursor.path()))
  if (!same(up, names.filter((name) => name >= from))) throw new Error('forward differs')
  const behind = cursor.seek(path, false) ? keyName(cursor.path()) : undefined
  if (behind !== names.find((name) => name > from)) throw new Error('exclusive seek differs')
  const down: string[] = []
  for (let valid = cursor.seekBack(path, true); valid; valid = cursor.previous()) down.push(keyName(cursor.path()))
  if (!same(down, names.filter((name) => name <= from).reverse())) throw new Error('backward differs')
  const last = cursor.seekBack() ? keyName(cursor.path()) : undefined
  if (last !== names[names.length - 1]) throw new Error('the last differs')
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
