import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t from 'tap'
import { code, git, importsOf, library, root, sources, type Import } from '../support/source-tree'

/* Who may import whom, and what nobody imports. A rule that only a reviewer knows is broken by the next change. */

/** Room → what its files may import beside kit, limits and their own room. `type:` allows the import of types only. */
const law: Record<string, readonly string[]> = {
  'server': ['config', 'gateway', 'observe', 'http/listener', 'auth/keys', 'operations/table', 'pfs', 'pfsd/main', 'signals', 'engine'],
  'gateway': [
    'type:http', 'auth', 's3', 'stream/plan', 'stream/body', 'stream/collect', 'stream/body-lost', 'type:operations/operation',
    'operations/failure', 'type:pfs/contract', 'type:observe',
  ],
  'http': [],
  's3': [],
  'auth': ['s3'],
  'stream': ['auth/chunk-chain', 's3/error', 's3/refusal', 's3/checksum', 's3/wasm-sum', 'type:auth'],
  'operations': ['s3', 'type:stream', 'type:pfs/contract', 'pfs/failure'],
  'pfs': ['wire'],
  'pfsd': ['wire'],
  'observe': ['log-writer'],
  'log-writer': [],
  'engine': [],
  'signals': ['type:observe'],
  'config': [],
  'wire': [],
  'kit': [],
  'limits': [],
}

/** Packages and node modules that only some rooms may use. */
const packageLaw: readonly { readonly of: RegExp, readonly in: RegExp }[] = [
  { of: /^lmdb$/, in: /^lib\/pfsd\/store\// },
  { of: /^node:fs/, in: /^lib\/(pfsd\/store\/|http\/send-queues\.ts|config\.ts|log-writer\.ts)/ },
  { of: /^node:https?$/, in: /^lib\/http\// },
  { of: /^@grpc\//, in: /^lib\/(pfs\/transports\/grpc|pfsd\/(serve|commit-fence)|wire\/methods)/ },
]

/** `lib/pfs/read.ts` → `pfs/read`; `lib/server.ts` → `server`. */
const placeOf = (path: string): string => path.replace(/^lib\//, '').replace(/\.ts$/, '')
const roomOf = (path: string): string => placeOf(path).split('/')[0] ?? ''

/** The rules that some import rests on. */
const restedOn = new Set<string>()

function allowed(entry: Import): boolean {
  const from = roomOf(entry.from)
  const to = placeOf(entry.to)
  const room = roomOf(entry.to)
  if (room === 'kit' || room === 'limits') return from === room || (from !== 'kit' && from !== 'limits')
  if (from === 'operations' && room === 'operations') return operationMayImport(placeOf(entry.from), to)
  if (from === 'pfsd' && room === 'pfsd') return pfsdMayImport(placeOf(entry.from), to)
  if (from === room && to.includes('/')) return true
  const rule = (law[from] ?? []).find((rule) => {
    const typeRule = rule.startsWith('type:')
    const target = typeRule ? rule.slice(5) : rule
    return (to === target || to.startsWith(`${target}/`)) && (!typeRule || entry.typeOnly)
  })
  if (rule !== undefined) restedOn.add(`${from} → ${rule}`)
  return rule !== undefined
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
  for (const [room, rules] of Object.entries(law)) {
    for (const rule of rules) if (!restedOn.has(`${room} → ${rule}`)) t.fail(`nothing in ${room} needs ${rule}: take the rule back`)
  }
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
  const built = git('ls-files', '--others', '--ignored', '--exclude-standard', 'lib')
  for (const path of built) if (path.endsWith('.js') && !existsSync(join(root, path.replace(/\.js$/, '.ts')))) t.fail(`${path} has no source: delete it`)
  t.end()
})

t.test('no two files of lib load each other, however long the way round', (t) => {
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) t.fail(`a cycle: ${[...way.slice(way.indexOf(path)), path].join(' → ')}`)
    if (done.has(path)) return
    done.add(path)
    for (const entry of importsOf(path)) if (!entry.typeOnly && sources.has(entry.to)) visit(entry.to, [...way, path])
  }
  for (const path of library) visit(path, [])
  t.equal(done.size, library.length)
  t.end()
})

/** Tests of several files of their room, or of one against a fixture. All others are named for the file that they test. */
const ofTheRoom: ReadonlySet<string> = new Set([
  'test/auth/mutation.ts', 'test/auth/smithy.ts', 'test/auth/suite.ts', 'test/auth/vectors.ts', 'test/operations/multipart.ts',
  'test/operations/operations.ts', 'test/pfs/transports/transports.ts', 'test/pfsd/rpc/bounds.ts', 'test/pfsd/rpc/s3-paths.ts',
  'test/pfsd/rpc/vectors.ts', 'test/stream/over-http.ts',
])

t.test('a test stands in the room of its source, under its name', (t) => {
  const free = /^test\/(tidy\.ts|(bench|contract|fault|fuzz|raw|regress|sdk|support|tidy)\/)/
  for (const path of code.filter((path) => path.startsWith('test/') && !free.test(path))) {
    if (basename(path) === 'bench.ts' || ofTheRoom.has(path)) continue
    const source = path.replace(/^test/, 'lib')
    const shared = join(dirname(source), 'shared', basename(source))
    if (!sources.has(source) && !sources.has(shared)) t.fail(`${path} is named for no file of lib`)
  }
  for (const path of ofTheRoom) t.ok(sources.has(path), `${path} is there`)
  t.end()
})
