import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import t from 'tap'
import ts from 'typescript'

/**
 * The rules of the house, as a test: who may import whom, how long a file or a function may be, what must not stand anywhere.
 * A rule that only a reviewer knows is broken by the next change.
 */
const root = join(__dirname, '..')
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter((path) => path !== '' && existsSync(join(root, path)))
const code = tracked.filter((path) => /^(lib|test|bench|scripts)\/.*\.ts$/.test(path) && !path.startsWith('test/fixtures/'))
const library = code.filter((path) => path.startsWith('lib/'))
const text = (path: string): string => readFileSync(join(root, path), 'utf8')
const sources = new Map(code.map((path) => [path, ts.createSourceFile(path, text(path), ts.ScriptTarget.ES2022, true)]))

/** Room → what its files may import beside kit, limits and their own room. `type:` allows the import of types only. */
const law: Record<string, readonly string[]> = {
  'server': ['config', 'gateway', 'observe', 'http/listener', 'http/exchange', 'auth/keys', 'operations/table', 'pfs', 'pfsd/main', 'stream'],
  'gateway': ['type:http', 'auth', 's3', 'stream/plan', 'stream/body', 'stream/collect', 'stream/body-lost', 'type:stream', 'type:operations/operation', 'operations/failure', 'type:pfs/contract', 'type:observe'],
  'http': [],
  's3': [],
  'auth': ['s3'],
  'stream': ['auth/chunk-chain', 's3/error', 's3/checksum', 'type:auth'],
  'operations': ['s3', 'type:stream', 'type:auth', 'type:pfs/contract', 'pfs/failure'],
  'pfs': ['wire'],
  'pfsd': ['wire'],
  'observe': [],
  'config': [],
  'wire': [],
  'kit': [],
  'limits': [],
}

/** Packages and node modules that only some rooms may use. */
const packageLaw: readonly { readonly of: RegExp, readonly in: RegExp }[] = [
  { of: /^lmdb$/, in: /^lib\/pfsd\/store\// },
  { of: /^node:fs/, in: /^lib\/(pfsd\/store\/|config\.ts)/ },
  { of: /^node:https?$/, in: /^lib\/http\// },
  { of: /^@grpc\//, in: /^lib\/(pfs\/grpc|pfsd\/(serve|methods|commit-fence))/ },
]

interface Import { readonly from: string, readonly to: string, readonly typeOnly: boolean }

function importsOf(path: string): Import[] {
  const found: Import[] = []
  for (const statement of sources.get(path)?.statements ?? []) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue
    if (statement.moduleSpecifier === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const specifier = statement.moduleSpecifier.text
    const to = specifier.startsWith('.') ? `${posix.join(dirname(path), specifier)}.ts` : specifier
    found.push({ from: path, to, typeOnly: isTypeOnly(statement) })
  }
  return found
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly
  const clause = statement.importClause
  if (clause === undefined) return false
  if (clause.isTypeOnly) return true
  const named = clause.namedBindings
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly)
}

/** `lib/pfs/read.ts` → `pfs/read`; `lib/server.ts` → `server`. */
const placeOf = (path: string): string => path.replace(/^lib\//, '').replace(/\.ts$/, '')
const roomOf = (path: string): string => placeOf(path).split('/')[0] ?? ''

function allowed(entry: Import): boolean {
  const from = roomOf(entry.from)
  const to = placeOf(entry.to)
  const room = roomOf(entry.to)
  if (room === 'kit' || room === 'limits') return from === room || (from !== 'kit' && from !== 'limits')
  if (from === 'operations' && room === 'operations') return operationMayImport(placeOf(entry.from), to)
  if (from === 'pfsd' && room === 'pfsd') return pfsdMayImport(placeOf(entry.from), to)
  if (from === room && to.includes('/')) return true
  return (law[from] ?? []).some((rule) => {
    const typeRule = rule.startsWith('type:')
    const target = typeRule ? rule.slice(5) : rule
    return (to === target || to.startsWith(`${target}/`)) && (!typeRule || entry.typeOnly)
  })
}

/** One operation never imports another; only the table imports them all. */
function operationMayImport(from: string, to: string): boolean {
  return from === 'operations/table' || to.startsWith('operations/shared/') || to === 'operations/operation' || to === 'operations/failure'
}

/** Inside the embedded server: rpc → model, store; store → model; model → nothing. */
function pfsdMayImport(from: string, to: string): boolean {
  const rank = (place: string): number => place.startsWith('pfsd/model/') ? 0 : place.startsWith('pfsd/store/') ? 1 : place.startsWith('pfsd/rpc/') ? 2 : 3
  if (to === 'pfsd/failure' || to === 'pfsd/limits' || (to === 'pfsd/service')) return true
  return rank(to) <= rank(from)
}

t.test('import law', (t) => {
  for (const path of library) {
    for (const entry of importsOf(path)) {
      if (entry.to.startsWith('lib/')) {
        if (!allowed(entry)) t.fail(`${path} must not import ${entry.to}${entry.typeOnly ? ' (types)' : ''}`)
      } else {
        for (const rule of packageLaw) {
          if (rule.of.test(entry.to) && !rule.in.test(path) && !entry.typeOnly) t.fail(`${path} must not import ${entry.to}`)
        }
      }
    }
  }
  t.ok(library.length > 10, 'files were judged')
  t.end()
})

t.test('every file of lib is reached from server.ts, and nothing but builds stands beside it', (t) => {
  const reached = new Set<string>()
  const visit = (path: string): void => {
    if (reached.has(path)) return
    reached.add(path)
    for (const entry of importsOf(path)) if (sources.has(entry.to)) visit(entry.to)
  }
  visit('lib/server.ts')
  for (const path of library) if (!reached.has(path)) t.fail(`${path} is dead: nothing that server.ts reaches imports it`)
  const built = execFileSync('git', ['ls-files', '--others', '--ignored', '--exclude-standard', 'lib'], { cwd: root, encoding: 'utf8' }).split('\n')
  for (const path of built) if (path.endsWith('.js') && !existsSync(join(root, path.replace(/\.js$/, '.ts')))) t.fail(`${path} has no source: delete it`)
  t.end()
})

t.test('sizes', (t) => {
  for (const [path, source] of sources) {
    const lines = source.text.split('\n').length - 1
    if (lines > 300 && !path.startsWith('lib/wire/')) t.fail(`${path} has ${String(lines)} lines, more than 300`)
    const limit = path === 'lib/server.ts' ? 100 : path === 'lib/gateway.ts' ? 150 : Infinity
    if (lines > limit) t.fail(`${path} has ${String(lines)} lines, more than ${String(limit)}`)
    if (path.startsWith('lib/kit/') && lines > 60) t.fail(`${path} has ${String(lines)} lines: a piece of the kit stays small`)
    visitFunctions(source, (name, node) => {
      const length = lineOf(source, node.end) - lineOf(source, node.getStart()) + 1
      if (length > 70 && path.startsWith('lib/')) t.fail(`${path}: ${name} has ${String(length)} lines, more than 70`)
      if (node.parameters.length > 4 && path.startsWith('lib/')) t.fail(`${path}: ${name} has ${String(node.parameters.length)} parameters, more than 4`)
    })
  }
  t.end()
})

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line
}

function visitFunctions(source: ts.SourceFile, see: (name: string, node: ts.SignatureDeclaration) => void): void {
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) see(node.name?.getText() ?? 'a function', node)
    ts.forEachChild(node, visit)
  }
  visit(source)
}

t.test('no any, no cast without a sentence, no left-overs', (t) => {
  for (const [path, source] of sources) {
    const lines = source.text.split('\n')
    const explained = (line: number): boolean => [line, line - 1, line - 2, line - 3, line - 4].some((at) => /(\/\/|\*) ?\S/.test(lines[at] ?? ''))
    const visit = (node: ts.Node): void => {
      const line = lineOf(source, node.getStart())
      if (node.kind === ts.SyntaxKind.AnyKeyword) t.fail(`${path}:${String(line + 1)}: any`)
      if (path.startsWith('lib/') && ts.isNonNullExpression(node)) t.fail(`${path}:${String(line + 1)}: ! hides an undefined`)
      if (path.startsWith('lib/') && ts.isAsExpression(node) && node.type.getText() !== 'const' && !explained(lineOf(source, node.type.getStart())) && !explained(line)) {
        t.fail(`${path}:${String(line + 1)}: a cast without a sentence`)
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
    if (path === 'test/tidy.ts') continue
    const left = /\b(TODO|FIXME|XXX|HACK)\b|[\w)]\.(skip|only)\(|skip: *true|@ts-(ignore|nocheck|expect-error)|stream\/promises|console\.log/.exec(source.text)
    if (left !== null && !(left[0] === 'console.log' && !path.startsWith('lib/'))) t.fail(`${path}: ${left[0]}`)
    if (/(^|\/)(utils?|helpers?|common|manager|base)(\/|\.ts$)/.test(path)) t.fail(`${path}: a name that says nothing`)
  }
  t.end()
})

t.test('nothing speaks of one machine or one registry', (t) => {
  for (const path of tracked) {
    if (path === 'test/tidy.ts' || /\.(png|bin)$/.test(path)) continue
    const found = /(^|[\s'"`=(])\/(work|tmp|root|home)\/[A-Za-z]|registry\.npmjs|pypi\.org|files\.pythonhosted/m.exec(text(path))
    if (found !== null) t.fail(`${path}: ${found[0].trim()}`)
  }
  t.notMatch(text('package-lock.json'), /"resolved":/, 'the lock file has no addresses')
  const { dependencies, devDependencies } = JSON.parse(text('package.json')) as Record<string, Record<string, string>>
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) t.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned`)
  t.end()
})

t.test('a test stands in the room of its source', (t) => {
  const rooms = new Set(library.map((path) => dirname(path).replace(/^lib/, 'test')))
  const free = /^test\/(tidy\.ts|(contract|raw|sdk|fault|fuzz|regress|support|clients|bench)\/)/
  for (const path of code.filter((path) => path.startsWith('test/') && !free.test(path))) {
    if (!rooms.has(dirname(path)) || (dirname(path) === 'test' && !sources.has(path.replace(/^test/, 'lib')))) t.fail(`${path} belongs to no room of lib`)
  }
  t.end()
})
