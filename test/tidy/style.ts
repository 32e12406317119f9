import { dirname } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { code, importsOf, keysOf, library, lineOf, sources, text, tracked, visitNodes } from '../support/source-tree'

/* How long things may be, what must not stand anywhere, and of two ways to write a thing the one that is taken. */

const generated = 'lib/wire/messages.ts'
const folderFilesMax = 40

t.test('sizes of files, lines and folders', (t) => {
  for (const [path, source] of sources) {
    if (path === generated) continue
    const lines = source.text.split('\n')
    const linesMax = path === 'lib/server.ts' ? 100 : path === 'lib/gateway.ts' ? 150 : path.startsWith('lib/kit/') ? 60 : 300
    if (lines.length - 1 > linesMax) t.fail(`${path} has ${String(lines.length - 1)} lines, more than ${String(linesMax)}`)
    const charactersMax = path.startsWith('lib/') ? 140 : 160
    for (const [at, line] of lines.entries()) {
      if (line.length > charactersMax) t.fail(`${path}:${String(at + 1)}: more than ${String(charactersMax)} characters`)
    }
  }
  const folders = new Map<string, number>()
  for (const path of library) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1)
  for (const [folder, files] of folders) if (files > folderFilesMax) t.fail(`${folder} has ${String(files)} files: part it into rooms`)
  t.end()
})

const topLevel = [
  '.ci', '.gitignore', '.npmrc', '.taprc', 'CHANGELOG.md', 'LICENSE', 'README.md', 'bench', 'lib', 'package-lock.json', 'package.json',
  'proto', 'scripts', 'test', 'tsconfig.json', 'tsconfig.test.json',
]

t.test('what stands at the top', (t) => {
  t.strictSame([...new Set(tracked.map((path) => path.split('/')[0]))].sort(), topLevel)
  t.end()
})

t.test('sizes of functions', (t) => {
  for (const [path, source] of sources) {
    // A test is as long as its story.
    if (path.startsWith('test/')) continue
    visitNodes(source, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return
      const name = node.name?.getText() ?? 'a function'
      const length = lineOf(source, node.end) - lineOf(source, node.getStart()) + 1
      if (length > 70) t.fail(`${path}: ${name} has ${String(length)} lines, more than 70`)
      if (node.parameters.length > 4) t.fail(`${path}: ${name} has ${String(node.parameters.length)} parameters, more than 4`)
    })
  }
  t.end()
})

t.test('no any, no cast without a sentence', (t) => {
  for (const [path, source] of sources) {
    const lines = source.text.split('\n')
    const explained = (line: number): boolean => lines.slice(Math.max(0, line - 5), line).some((text) => /(\/\/|\*) ?\S/.test(text))
    visitNodes(source, (node) => {
      const line = lineOf(source, node.getStart())
      if (node.kind === ts.SyntaxKind.AnyKeyword) t.fail(`${path}:${String(line)}: a type that allows everything`)
      if (!path.startsWith('lib/')) return
      if (ts.isNonNullExpression(node)) t.fail(`${path}:${String(line)}: ! hides an undefined`)
      if (ts.isAsExpression(node) && node.type.getText() !== 'const' && !explained(lineOf(source, node.type.getStart())) && !explained(line)) {
        t.fail(`${path}:${String(line)}: a cast without a sentence`)
      }
    })
  }
  t.end()
})

t.test('one way to write a thing', (t) => {
  for (const [path, source] of sources) {
    if (path === generated) continue
    const modules = source.statements.filter(ts.isImportDeclaration).map(({ moduleSpecifier }) => moduleSpecifier.getText())
    for (const [at, name] of modules.entries()) if (modules.indexOf(name) !== at) t.fail(`${path}: imports ${name} twice`)
    visitNodes(source, (node) => {
      const mend = mendOf(node)
      if (mend !== undefined) t.fail(`${path}:${String(lineOf(source, node.getStart()))}: ${mend}`)
    })
  }
  t.end()
})

function mendOf(node: ts.Node): string | undefined {
  if (ts.isArrowFunction(node) && !/^(async )?[(<]/.test(node.getText())) return 'parentheses around the parameter of an arrow function'
  if (ts.isPrivateIdentifier(node)) return 'private, not #'
  if (ts.isParameter(node) && (ts.getModifiers(node) ?? []).length > 0) return 'a field, not a parameter that is one'
  if (ts.isEnumDeclaration(node)) return 'a union of strings, not an enum'
  if (ts.isModuleDeclaration(node)) return 'a file, not a namespace'
  if (ts.isExportAssignment(node)) return 'a named export, not a default'
  return undefined
}

t.test('white space that nobody sees', (t) => {
  for (const path of tracked.filter((path) => /\.(ts|py|mjs|md|proto|json)$|^scripts\/|^\.ci\//.test(path))) {
    const content = text(path)
    const found = /[ \t]+$/m.exec(content)
    if (found !== null) t.fail(`${path}:${String(content.slice(0, found.index).split('\n').length)}: blanks at the end of a line`)
    if (/\t/.test(content) && path.endsWith('.ts')) t.fail(`${path}: a tab`)
    if (!/[^\n]\n$/.test(content)) t.fail(`${path}: one line feed at the end`)
  }
  t.end()
})

t.test('tables that are read by eye are in order', (t) => {
  const tables = [
    ['lib/s3/error.ts', 'table'], ['lib/s3/subresource.ts', 'bucketSubresources'], ['lib/s3/subresource.ts', 'objectSubresources'],
  ] as const
  for (const [path, name] of tables) {
    const keys = keysOf(path, name).map((key) => key.replaceAll("'", ''))
    t.not(keys.length, 0)
    t.same(keys, [...keys].sort(), `${path}: ${name}`)
  }
  for (const path of ['lib/operations/table.ts', 'lib/pfsd/rpc/table.ts']) {
    const files = importsOf(path).filter(({ typeOnly }) => !typeOnly).map(({ to }) => to.replace(/\.ts$/, ''))
    t.same(files, [...files].sort(), `${path}: its imports`)
  }
  t.end()
})

t.test('no left-overs, no names that say nothing', (t) => {
  // Spelled so that it does not match itself.
  const leftOver = /\b(T[O]DO|FI[X]ME|X{3}|HA[C]K)\b|[\w)]\.(skip|only)\(|skip: *true|@ts-(ignore|nocheck|expect-error)|stream\/promises|console\.log/
  for (const [path, source] of sources) {
    if (/(^|\/)(utils?|helpers?|common|manager|base)(\/|\.ts$)/.test(path)) t.fail(`${path}: a name that says nothing`)
    const left = leftOver.exec(source.text)
    if (left !== null && (left[0] !== 'console.log' || path.startsWith('lib/'))) t.fail(`${path}: ${left[0]}`)
  }
  t.ok(code.length > 10, 'files were judged')
  t.end()
})

t.test('nothing speaks of one machine or one registry', (t) => {
  for (const path of tracked) {
    if (path === 'test/tidy/style.ts' || /\.(png|bin)$/.test(path)) continue
    const found = /(^|[\s'"`=(])\/(work|tmp|root|home)\/[A-Za-z]|registry\.npmjs|pypi\.org|files\.pythonhosted/m.exec(text(path))
    if (found !== null) t.fail(`${path}: ${found[0].trim()}`)
  }
  t.notMatch(text('package-lock.json'), /"resolved":/, 'the lock file has no addresses')
  t.end()
})
