import { basename, dirname } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { code, importsOf, keysOf, library, sources, text, tracked, visitNodes } from '../support/source-tree'

/* Everything that is offered is taken by somebody: exports, limits, refusals, dependencies, support of tests. */

/** `path name` for every name that some file imports from another, and the files that do. */
const taken = new Map<string, string[]>()
for (const path of code) {
  for (const { to, names } of importsOf(path)) {
    for (const name of names) taken.set(`${to} ${name}`, [...taken.get(`${to} ${name}`) ?? [], path])
  }
}

function exportsOf(source: ts.SourceFile): string[] {
  return source.statements.flatMap((statement) => {
    if (!ts.canHaveModifiers(statement) || !(ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
    return 'name' in statement && statement.name !== undefined ? [(statement.name as ts.Identifier).text] : []
  })
}

function mentions(source: ts.SourceFile, name: string): number {
  let count = 0
  visitNodes(source, (node) => { if (ts.isIdentifier(node) && node.text === name) count++ })
  return count
}

t.test('every export is imported, and nothing of lib is there for tests alone', (t) => {
  for (const [path, source] of sources) {
    if (path === 'lib/wire/messages.ts') continue
    for (const name of exportsOf(source)) {
      const takers = [...taken.get(`${path} ${name}`) ?? [], ...taken.get(`${path} *`) ?? []]
      if (takers.length === 0) t.fail(`${path} exports ${name}, which nobody imports`)
      else if (path.startsWith('lib/') && !takers.some((taker) => taker.startsWith('lib/')) && mentions(source, name) === 1) {
        t.fail(`${path}: ${name} is used by tests alone`)
      }
    }
  }
  t.ok(taken.size > 100, 'imports were read')
  t.end()
})

function unused(path: string, name: string, use: (key: string) => string, room = 'lib/'): void {
  t.test(`every row of ${path} is used`, (t) => {
    const keys = keysOf(path, name)
    t.not(keys.length, 0)
    const texts = library.filter((other) => other.startsWith(room) && other !== path).map(text).join('\n')
    for (const key of keys) if (!new RegExp(use(key)).test(texts)) t.fail(`${path}: nothing uses ${key}`)
    t.end()
  })
}

unused('lib/limits.ts', 'limits', (key) => `limits\\.${key}\\b`)
unused('lib/pfsd/limits.ts', 'limits', (key) => `limits\\.${key}\\b`, 'lib/pfsd/')
unused('lib/pfsd/model/bounds.ts', 'bounds', (key) => `bounds\\.${key}\\b`, 'lib/pfsd/')
unused('lib/pfsd/failure.ts', 'Code', (key) => `Code\\.${key}\\b`, 'lib/pfsd/')
unused('lib/s3/error.ts', 'table', (key) => `'${key}'`)

t.test('every dependency is pinned and used, and what lib imports is no development dependency', (t) => {
  const { dependencies = {}, devDependencies = {}, scripts = {} } = JSON.parse(text('package.json')) as Record<string, Record<string, string>>
  const packages = (paths: readonly string[]): Set<string> => new Set(paths.flatMap(importsOf)
    .filter(({ to, typeOnly }) => !typeOnly && !to.startsWith('node:') && !to.includes('.ts'))
    .map(({ to }) => to.split('/').slice(0, to.startsWith('@') ? 2 : 1).join('/')))
  const inLibrary = packages(library)
  const anywhere = packages(code)
  const commands = Object.values(scripts).join(' ')
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) t.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned`)
  t.same([...inLibrary].sort(), Object.keys(dependencies).sort(), 'dependencies are what lib imports')
  for (const name of Object.keys(devDependencies)) {
    const typed = name.startsWith('@types/') ? name.slice('@types/'.length) : undefined
    const used = typed === undefined ? anywhere.has(name) || commands.includes(name) : typed === 'node' || typed in dependencies
    t.ok(used, `${name} is used`)
  }
  t.end()
})

t.test('every file of test/support is used', (t) => {
  for (const path of code.filter((path) => path.startsWith('test/support/'))) {
    const name = basename(path, '.ts')
    const used = code.some((other) => other !== path && (importsOf(other).some(({ to }) => to === path) || text(other).includes(`${name}.ts`)))
    t.ok(used, `${path} is used`)
  }
  t.end()
})

t.test('the files that the notes of a room name are there', (t) => {
  const notes = tracked.filter((path) => /^lib\/.*NOTES\.md$/.test(path))
  t.not(notes.length, 0)
  for (const path of notes) {
    for (const [, name = ''] of text(path).matchAll(/`([\w/-]+\.ts)`/g)) t.ok(sources.has(`${dirname(path)}/${name}`), `${path} names ${name}`)
  }
  t.end()
})
