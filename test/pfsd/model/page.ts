import fc from 'fast-check'
import t from 'tap'
import { emptyRoot } from '../../../lib/pfsd/model/entry'
import { datumOfKey, keyOfPath, pathOfKey } from '../../../lib/pfsd/model/key'
import { page, type PageQuery } from '../../../lib/pfsd/model/page'
import { applyEdits } from '../../../lib/pfsd/model/tree-edit'
import { MemoryNodes } from '../../support/memory-nodes'
import { inlineEntry, keyName } from '../../support/tree-model'

const pieces = ['a', 'b', '/', '//', '-', 'é', '😀', '\uffff', '\u0001', '\u007f', '::', 'dir/', 'z'.repeat(30)]
const piece = fc.constantFrom(...pieces)
const path = fc.array(piece, { minLength: 1, maxLength: 5 }).map((list) => list.join(''))
const part = fc.array(piece, { maxLength: 2 }).map((list) => list.join(''))
const delimiter = fc.constantFrom('', '/', '/', '//', '::', 'é', 'z', '\uffff')

interface Plain {
  readonly prefix: string
  readonly delimiter: string
  readonly after: string
  readonly afterSubtree: boolean
  readonly limit: number
}

function bytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** The page as its definition says, over strings of one character a byte. */
function naive(paths: readonly string[], query: Plain): { shown: string[], truncated: boolean } {
  const prefix = bytes(query.prefix)
  const cut = bytes(query.delimiter)
  const after = bytes(query.after)
  const all: string[] = []
  for (const path of paths) {
    if (!path.startsWith(prefix) || (after !== '' && path <= after)) continue
    if (query.afterSubtree && after !== '' && path.startsWith(after)) continue
    const at = cut === '' ? -1 : path.indexOf(cut, prefix.length)
    const shown = at === -1 ? path : path.slice(0, at + cut.length) + ' (prefix)'
    if (all[all.length - 1] !== shown) all.push(shown)
  }
  return { shown: all.slice(0, query.limit), truncated: all.length > query.limit }
}

function queryOf(plain: Plain): PageQuery {
  const { afterSubtree, limit } = plain
  return { prefix: Buffer.from(plain.prefix), delimiter: Buffer.from(plain.delimiter), after: Buffer.from(plain.after), afterSubtree, limit }
}

function treeOf(nodes: MemoryNodes, paths: readonly string[]): number {
  return applyEdits(nodes, emptyRoot, paths.map((path) => ({ path: Buffer.from(path, 'latin1'), entry: inlineEntry('x') })))
}

t.test('a page is what its definition says', (t) => {
  const queries = fc.array(fc.record({
    prefix: part, delimiter, after: fc.oneof(part, path), afterSubtree: fc.boolean(), limit: fc.integer({ min: 1, max: 12 }),
  }), { minLength: 1, maxLength: 12, size: 'max' })
  fc.assert(fc.property(fc.uniqueArray(path, { maxLength: 150, size: 'max' }), queries, (list, queries) => {
    const nodes = new MemoryNodes()
    const paths = list.map(bytes).sort()
    const root = treeOf(nodes, paths)
    for (const plain of queries) {
      const found = page(nodes, root, queryOf(plain))
      const expected = naive(paths, plain)
      const shown = [...found.files.map(({ key }) => keyName(key)), ...found.commonPrefixes.map((prefix) => keyName(prefix) + ' (prefix)')]
      if (shown.sort().join('|') !== [...expected.shown].sort().join('|')) throw new Error('the page differs')
      if (found.truncated !== expected.truncated) throw new Error('truncated differs')
      const last = expected.shown[expected.shown.length - 1]?.replace(' (prefix)', '')
      if ((found.last === undefined ? undefined : keyName(found.last)) !== last) throw new Error('last differs')
    }
  }), { numRuns: 200, seed: 8 })
  t.end()
})

t.test('pages follow each other without gap or overlap', (t) => {
  const nodes = new MemoryNodes()
  const paths = Array.from({ length: 500 }, (_, i) => bytes(`/d${i % 37}/${i}`)).concat(bytes('/top'), bytes('/d1'), bytes('/d1-')).sort()
  const root = treeOf(nodes, paths)
  for (const delimiter of ['', '/']) {
    const all: string[] = []
    let plain = { prefix: '/', delimiter, after: '', afterSubtree: false, limit: 7 }
    for (;;) {
      const { files, commonPrefixes, truncated, last } = page(nodes, root, queryOf(plain))
      all.push(...[...files.map(({ key }) => keyName(key)), ...commonPrefixes.map(keyName)].sort())
      if (!truncated || last === undefined) break
      plain = { ...plain, after: keyName(last), afterSubtree: commonPrefixes.some((prefix) => prefix.equals(last)) }
    }
    const cut = (path: string): number => (delimiter === '' ? -1 : path.indexOf('/', 1))
    const expected = new Set(paths.map((path) => (cut(path) === -1 ? path : path.slice(0, cut(path) + 1))))
    t.same(all, [...expected].sort(), `delimiter '${delimiter}'`)
  }
  t.end()
})

t.test('datums of one path stand together and are passed together', (t) => {
  const nodes = new MemoryNodes()
  const keys = [keyOfPath('/a', 'default'), keyOfPath('/a', 'other/1'), keyOfPath('/a/b'), keyOfPath('/b', '')]
  t.same(keys.map(keyName), ['/a', '/a\0other/1', '/a/b', '/b'])
  const parts = keys.map((key) => [pathOfKey(key).toString(), datumOfKey(key)])
  t.same(parts, [['/a', 'default'], ['/a', 'other/1'], ['/a/b', 'default'], ['/b', 'default']])
  const root = treeOf(nodes, keys.map(keyName))
  const query = queryOf({ prefix: '/', delimiter: '/', after: '', afterSubtree: false, limit: 0 })
  const whole = page(nodes, root, query)
  t.same(whole.files.map(({ key }) => keyName(key)), ['/a', '/a\0other/1', '/b'], 'a slash in a datum rolls nothing up')
  t.same(whole.commonPrefixes.map(keyName), ['/a/'])
  const rest = page(nodes, root, { ...query, after: Buffer.from('/a') })
  t.same(rest.files.map(({ key }) => keyName(key)), ['/b'])
  t.same(page(nodes, emptyRoot, query), { files: [], commonPrefixes: [], truncated: false, last: undefined })
  t.end()
})
