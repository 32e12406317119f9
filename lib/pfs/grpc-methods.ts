import { join } from 'node:path'
import { loadSync } from '@grpc/proto-loader'
import type { Rpcs } from '../wire/messages'

/** One RPC's codec; the types of both messages are those of wire/messages. */
interface Method<Request, Response> {
  readonly path: string
  readonly serializeRequest: (request: Request) => Buffer
  readonly deserializeRequest: (bytes: Buffer) => Request
  readonly serializeResponse: (response: Response) => Buffer
  readonly deserializeResponse: (bytes: Buffer) => Response
}

const files = ['admin.proto', 'auth.proto', 'health.proto', 'pfs.proto', 'pfs_extension.proto', 'version.proto']
const folder = join(__dirname, '../../proto')

/** The options under which proto-loader gives the shapes that transport.ts describes. */
const shapes = { keepCase: true, longs: Number, enums: String, defaults: false, arrays: false, objects: false, oneofs: false }

/** Codecs by RPC path, read from proto/ when the first is asked for. */
export function methodOf<Path extends keyof Rpcs>(path: Path): Method<Rpcs[Path]['request'], Rpcs[Path]['response']> {
  methods ??= load()
  const method = methods.get(path)
  if (method === undefined) throw new Error(`proto/ has no ${path}`)
  // proto-loader's codecs are untyped; wire/messages is generated from the same files.
  return method as Method<Rpcs[Path]['request'], Rpcs[Path]['response']>
}

let methods: Map<string, unknown> | undefined

function load(): Map<string, unknown> {
  const loaded = new Map<string, unknown>()
  for (const definition of Object.values(loadSync(files, { ...shapes, includeDirs: [folder] }))) {
    // What is neither a message nor an enum is a service: a record of methods.
    if ('format' in definition) continue
    for (const method of Object.values(definition)) {
      loaded.set(method.path, {
        path: method.path,
        serializeRequest: method.requestSerialize,
        deserializeRequest: method.requestDeserialize,
        serializeResponse: method.responseSerialize,
        deserializeResponse: method.responseDeserialize,
      })
    }
  }
  return loaded
}
