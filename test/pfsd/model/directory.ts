import fc from 'fast-check'
import t from 'tap'
import { children, directoryAt, directoryBytes, fileAt, walk, type Node, type Walking } from '../../../lib/pfsd/model/directory'
import { emptyRoot } from '../../../lib/pfsd/model/entry'
import { keyOfPath } from '../../../lib/pfsd/model/key'
import { applyEdits } from '../../../lib/pfsd/model/tree-edit'
import { validateNear, validateTree } from '../../../lib/pfsd/model/validation'
import { MemoryNodes } from '../../support/memory-nodes'
import { inlineEntry } from '../../support/tree-model'

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const paths = fc.uniqueArray(
  fc.array(fc.constantFrom('a', 'b', '/', '-', 'é'), { minLength: 1, maxLength: 7 }).map((parts) => '/' + parts.join('')),
  { maxLength: 20 },
)

function treeOf(names: readonly string[], checked = false): Walking {
  const nodes = new MemoryNodes()
  const edits = [...names].sort(byBytes).map((name) => ({ path: Buffer.from(name), entry: inlineEntry(name) }))
  return { nodes, root: applyEdits(nodes, emptyRoot, edits), checked }
}

/** Files and all directories above them, in byte order; of the same path the directory first. */
function model(names: readonly string[]): string[] {
  const all = new Set<string>()
  for (const name of names) {
    if (name !== '/') all.add(`file ${name}`)
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) all.add(`directory ${name.slice(0, at + 1)}`)
  }
  return [...all].sort((a, b) => byBytes(pathOf(a), pathOf(b)) || byBytes(a, b))
}

const pathOf = (text: string): string => text.slice(text.indexOf(' ') + 1)
const shown = (node: Node): string => `${node.kind} ${node.path}`

t.test('a walk shows all files and directories in a range', (t) => {
  const bound = fc.constantFrom('', '/', '/a', '/a/', '/a/b', '/-', '/b', '/b/\0', '0')
  fc.assert(fc.property(paths, bound, bound, (names, lower, upper) => {
    const walking = treeOf(names)
    const found = [...walk(walking, Buffer.from(lower), upper === '' ? undefined : Buffer.from(upper))].map(shown)
    const expected = model(names).filter((text) => byBytes(pathOf(text), lower) >= 0 && (upper === '' || byBytes(pathOf(text), upper) < 0))
    t.same(found, expected)
  }), { numRuns: 300, seed: 21 })
  t.end()
})

t.test('a directory has its children, its size, and is there or not', (t) => {
  fc.assert(fc.property(paths, fc.constantFrom('/', '/a/', '/b/', '/a/b/', '/é/', '//'), (names, directory) => {
    const walking = treeOf(names)
    const below = names.filter((name) => name.startsWith(directory) && name !== '/')
    const expected = model(names).filter((text) => {
      const rest = pathOf(text).slice(directory.length)
      const inside = pathOf(text).startsWith(directory) && (rest !== '' || text.startsWith('file '))
      return inside && (text.startsWith('file ') ? !rest.includes('/') : rest.indexOf('/') === rest.length - 1)
    })
    t.same([...children(walking, directory, Buffer.alloc(0))].map(shown), expected)
    t.equal(directoryBytes(walking, directory), below.reduce((sum, name) => sum + Buffer.byteLength(name), 0))
    t.equal(directoryAt(walking, directory), below.some((name) => name !== directory))
  }), { numRuns: 300, seed: 22 })
  t.end()
})

t.test('one file, with whatever datum', (t) => {
  const nodes = new MemoryNodes()
  const edits = ['/a\0x', '/b', '/b\0y', '/b/c'].map((name) => ({ path: Buffer.from(name), entry: inlineEntry('1') }))
  const root = applyEdits(nodes, emptyRoot, edits)
  t.equal(fileAt({ nodes, root, checked: false }, '/a')?.datum, 'x')
  t.equal(fileAt({ nodes, root, checked: false }, '/b')?.datum, 'default')
  t.equal(fileAt({ nodes, root, checked: false }, '/c'), undefined)
  t.throws(() => fileAt({ nodes, root, checked: true }, '/b'), /duplicate path output by different datums \(\/b from default and \/b from y\)/)
  t.end()
})

t.test('clashes are found near what changed as they are in the whole tree', (t) => {
  fc.assert(fc.property(paths, paths, (before, changed) => {
    const base = treeOf(before)
    if (validateTree(base.nodes, base.root) !== '') return true
    const edits = [...changed].sort(byBytes).map((name) => (
      { path: keyOfPath(name), entry: before.includes(name) && name.length % 2 === 0 ? undefined : inlineEntry('x') }))
    const nodes = base.nodes as MemoryNodes
    const root = applyEdits(nodes, base.root, edits)
    return validateNear(nodes, root, edits.map((edit) => edit.path)) === validateTree(nodes, root)
  }), { numRuns: 500, seed: 23 })
  t.end()
})
