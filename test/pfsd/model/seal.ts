import t from 'tap'
import { Changes } from '../../../lib/pfsd/model/change'
import { encodeEntry } from '../../../lib/pfsd/model/codec-entry'
import { emptyRoot } from '../../../lib/pfsd/model/entry'
import { extentsOf } from '../../../lib/pfsd/model/extents'
import { NodeDamaged, sealNode, verifyNode } from '../../../lib/pfsd/model/seal'
import { lookup } from '../../../lib/pfsd/model/tree'
import { applyEdits } from '../../../lib/pfsd/model/tree-edit'
import { MemoryNodes } from '../../support/memory-nodes'
import { inlineEntry } from '../../support/tree-model'
import { writeDelta } from '../../support/write-delta'

const path = Buffer.from('/k050')

/** A tree with a node of every kind: leaves, inner nodes, a delta, and a list of extents at `/k050`. */
function sample(): { readonly nodes: MemoryNodes, readonly root: number } {
  const nodes = new MemoryNodes()
  const changes = new Changes()
  const piece = { kind: 'bytes', bytes: Buffer.from('0123456789') } as const
  for (let n = 0; n < 100; n++) changes.add(Buffer.from(`/k${String(n).padStart(3, '0')}`), [piece])
  for (let n = 0; n < 300; n++) changes.add(path, [{ kind: 'file', file: { id: 1000 + n, length: 5 } }])
  const root = applyEdits(nodes, emptyRoot, changes.settle(nodes))
  return { nodes, root: writeDelta(nodes, root, [{ path: Buffer.from('/k051'), rest: encodeEntry(inlineEntry('new')), replaced: 10 }]) }
}

t.test('every flipped byte of every kind of node is caught', (t) => {
  const { nodes, root } = sample()
  t.same(new Set([...nodes.nodes.values()].map((node) => node[5])).size, 4, 'a node of each kind')
  t.equal(lookup(nodes, root, Buffer.from('/k051'))?.size, 3)
  t.equal(lookup(nodes, root, Buffer.from('/k052'))?.size, 10)
  for (const [id, node] of nodes.nodes) {
    for (let i = 0; i < node.length; i++) {
      node[i] = (node[i] ?? 0) ^ 0x10
      let caught = false
      try {
        verifyNode(id, node)
      } catch (error) {
        caught = error instanceof NodeDamaged
      }
      if (!caught) t.fail(`byte ${i} of node ${id}`)
      node[i] = (node[i] ?? 0) ^ 0x10
    }
  }
  const entry = lookup(nodes, root, path)
  t.equal(entry === undefined ? 0 : extentsOf(nodes, entry.content).length, 301)
  t.end()
})

t.test('a node under another id is caught, and so is a cut one', (t) => {
  const { nodes } = sample()
  for (const [id, node] of nodes.nodes) {
    for (const other of [id - 1, id + 1, id + 2 ** 32, id + 256]) t.throws(() => verifyNode(other, node), NodeDamaged)
    t.throws(() => verifyNode(id, node.subarray(0, node.length - 1)), NodeDamaged)
    t.throws(() => verifyNode(id, node.subarray(0, 3)), NodeDamaged)
  }
  t.end()
})

t.test('a node of a later format is refused, not misread', (t) => {
  for (const at of [4, 11]) {
    const nodes = new MemoryNodes()
    const root = applyEdits(nodes, emptyRoot, [{ path, entry: inlineEntry('x') }])
    const node = nodes.node(root)
    node[at] = (node[at] ?? 0) + 1
    sealNode(root, node)
    t.throws(() => lookup(nodes, root, path), /cannot be read/)
  }
  const nodes = new MemoryNodes()
  const root = applyEdits(nodes, emptyRoot, [{ path, entry: inlineEntry('') }])
  const node = nodes.node(root)
  const flags = node.length - encodeEntry(inlineEntry('')).length + 1
  for (const bits of [0x80, 0x03, 0x0c, 0x30]) {
    node[flags] = bits
    sealNode(root, node)
    t.throws(() => lookup(nodes, root, path), `flags ${bits}`)
  }
  t.end()
})
