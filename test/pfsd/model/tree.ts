import fc from 'fast-check'
import t from 'tap'
import { bounds } from '../../../lib/pfsd/model/bounds'
import { emptyRoot } from '../../../lib/pfsd/model/entry'
import { deleteRange } from '../../../lib/pfsd/model/tree-cut'
import { applyEdits } from '../../../lib/pfsd/model/tree-edit'
import { heightOf } from '../../support/height-of'
import { MemoryNodes } from '../../support/memory-nodes'
import { contents, inlineEntry, inspect, keys, type Model } from '../../support/tree-model'
import { checkTree, same, sortedEdits, stepsOver, take } from '../../support/tree-steps'

t.test('a tree does what a map does', (t) => {
  fc.assert(fc.property(fc.array(stepsOver(keys), { maxLength: 25, size: 'max' }), keys, keys, (list, lower, upper) => {
    const nodes = new MemoryNodes()
    const model: Model = new Map()
    let root = emptyRoot
    for (const step of list) {
      const before = root
      const kept = contents(nodes, before)
      root = take(nodes, root, model, step)
      if (!same(contents(nodes, before), kept)) throw new Error('the old tree changed')
    }
    checkTree({ nodes, root, model }, lower, upper)
  }), { numRuns: 60, seed: 3 })
  t.end()
})

t.test('a tree does what a map does where the same paths change over and over', (t) => {
  const few = fc.constantFrom('a', 'a/', 'a/b', 'b', 'b\0', 'c', 'é', '😀').map((name) => Buffer.from(name))
  fc.assert(fc.property(fc.array(stepsOver(few), { maxLength: 40, size: 'max' }), few, few, (list, lower, upper) => {
    const nodes = new MemoryNodes()
    const model: Model = new Map()
    let root = emptyRoot
    for (const step of list) root = take(nodes, root, model, step)
    checkTree({ nodes, root, model }, lower, upper)
  }), { numRuns: 300, seed: 4 })
  t.end()
})

t.test('removing everything one by one leaves the empty tree', (t) => {
  const nodes = new MemoryNodes()
  const paths = Array.from({ length: 3000 }, (_, i) => Buffer.from(`k${(i * 7919) % 3000}`))
  let root = emptyRoot
  for (const path of paths) root = applyEdits(nodes, root, [{ path, entry: undefined }])
  t.equal(root, emptyRoot)
  const all = sortedEdits(paths.map((path) => [path, inlineEntry('value')]))
  root = applyEdits(nodes, root, all)
  for (const [i, path] of paths.entries()) {
    root = applyEdits(nodes, root, [{ path, entry: undefined }])
    if (i % 500 === 0) inspect(nodes, root)
  }
  t.equal(root, emptyRoot)
  t.end()
})

t.test('an edit that changes nothing keeps the root, and unsorted edits are refused', (t) => {
  const nodes = new MemoryNodes()
  const [a, b] = [Buffer.from('a'), Buffer.from('b')]
  const root = applyEdits(nodes, emptyRoot, [{ path: a, entry: inlineEntry('v') }])
  t.equal(applyEdits(nodes, root, [{ path: b, entry: undefined }]), root)
  t.equal(applyEdits(nodes, root, []), root)
  t.equal(deleteRange(nodes, root, b, undefined), root)
  t.throws(() => applyEdits(nodes, root, [{ path: b, entry: inlineEntry('v') }, { path: a, entry: inlineEntry('v') }]), RangeError)
  t.throws(() => applyEdits(nodes, root, [{ path: a, entry: undefined }, { path: a, entry: undefined }]), RangeError)
  t.throws(() => applyEdits(nodes, root, [{ path: Buffer.alloc(bounds.keyBytesMax + 1), entry: inlineEntry('v') }]), RangeError)
  t.equal(heightOf(nodes, root), 1)
  t.equal(heightOf(nodes, emptyRoot), 0)
  t.end()
})
