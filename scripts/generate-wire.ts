/**
 * Writes lib/wire/messages.ts from proto/: one interface a message, in the shapes that proto-loader gives with keepCase,
 * string enums, numbers for 64-bit integers and no defaults; and the table of RPCs. One shape serves both directions.
 * `--check` writes nothing and fails where the file on disk is another one.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import protobuf from 'protobufjs'

const root = join(__dirname, '..')
const target = join(root, 'lib/wire/messages.ts')

const scalars: Record<string, string> = {
  string: 'string', bool: 'boolean', bytes: 'Buffer', int64: 'number', uint32: 'number', int32: 'number',
}

/** Google's bundled files define more than the contract uses. */
const usedOfGoogle = new Set(['Timestamp', 'Duration', 'BytesValue', 'Empty'])

/** `pfs_v2.CommitInfo.Details` is named `CommitInfo_Details`: packages never share a message name, which `emit` checks. */
function nameOf(type: protobuf.Type | protobuf.Enum): string {
  const parents: string[] = [type.name]
  let parent = type.parent
  while (parent instanceof protobuf.Type) {
    parents.unshift(parent.name)
    parent = parent.parent
  }
  return parents.join('_')
}

function typeOf(field: protobuf.Field): string {
  const resolved = field.resolvedType
  const one = resolved === null ? scalars[field.type] : nameOf(resolved)
  if (one === undefined) throw new Error(`no TypeScript type for ${field.fullName}: ${field.type}`)
  if (field instanceof protobuf.MapField) return `Record<string, ${one}>`
  return field.repeated ? `${one}[]` : one
}

function messageText(type: protobuf.Type): string {
  const fields = type.fieldsArray.map((field) => `  ${field.name}?: ${typeOf(field.resolve())}\n`).join('')
  return fields === '' ? `export type ${nameOf(type)} = Record<string, never>\n` : `export interface ${nameOf(type)} {\n${fields}}\n`
}

function enumText(type: protobuf.Enum): string {
  return `export type ${nameOf(type)} = ${Object.keys(type.values).map((value) => `'${value}'`).join(' | ')}\n`
}

function kindOf(method: protobuf.Method): string {
  if (method.requestStream === true) return 'client-stream'
  return method.responseStream === true ? 'server-stream' : 'unary'
}

function emit(): string {
  const files = readdirSync(join(root, 'proto')).filter((name) => name.endsWith('.proto')).sort()
  const loaded = new protobuf.Root()
  loaded.resolvePath = (_origin, path) => path.startsWith('google/') ? path : join(root, 'proto', path.split('/').pop() ?? path)
  loaded.loadSync(files, { keepCase: true })
  loaded.resolveAll()
  const types = new Map<string, string>()
  const rpcs: string[] = []
  const kinds: string[] = []
  const visit = (namespace: protobuf.NamespaceBase): void => {
    for (const item of namespace.nestedArray) {
      if (item.fullName.startsWith('.google.protobuf.') && !usedOfGoogle.has(item.name)) continue
      if (item instanceof protobuf.Enum) add(nameOf(item), enumText(item))
      if (item instanceof protobuf.Type) add(nameOf(item), messageText(item))
      if (item instanceof protobuf.Service) for (const method of item.methodsArray) addRpc(item, method)
      if (item instanceof protobuf.Namespace) visit(item)
    }
  }
  const add = (name: string, text: string): void => {
    if (types.has(name)) throw new Error(`two messages are named ${name}`)
    types.set(name, text)
  }
  const addRpc = (service: protobuf.Service, method: protobuf.Method): void => {
    const path = `${service.fullName.replace(/^\./, '/')}/${method.name}`
    method.resolve()
    const request = method.resolvedRequestType
    const response = method.resolvedResponseType
    if (request === null || response === null) throw new Error(`unresolved types of ${path}`)
    const kind = kindOf(method)
    rpcs.push(`  '${path}': { kind: '${kind}', request: ${nameOf(request)}, response: ${nameOf(response)} }\n`)
    kinds.push(`  '${path}': '${kind}',\n`)
  }
  visit(loaded)
  return '// Generated from proto/ by scripts/generate-wire.ts. Not to be edited.\n\n' +
    [...types.values()].join('\n') +
    `\n/** Every RPC that the program speaks, by its path on the wire. */\nexport interface Rpcs {\n${rpcs.join('')}}\n` +
    `\nexport const rpcKinds: { readonly [Path in keyof Rpcs]: Rpcs[Path]['kind'] } = {\n${kinds.join('')}}\n`
}

const text = emit()
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('lib/wire/messages.ts is not what proto/ generates: run tsx scripts/generate-wire.ts')
    process.exit(1)
  }
} else {
  writeFileSync(target, text)
}
