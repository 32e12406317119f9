import { join } from 'node:path'
import { loadSync, type MethodDefinition } from '@grpc/proto-loader'

const files = ['admin.proto', 'auth.proto', 'health.proto', 'pfs.proto', 'pfs_extension.proto', 'version.proto']
const folder = join(__dirname, '../../proto')

/** The shapes of messages.ts: absent fields absent, enums as strings, 64-bit integers as numbers. */
const shapes = { keepCase: true, longs: Number, enums: String, defaults: false, arrays: false, objects: false, oneofs: false }

/** An RPC's codecs. */
export type Method = MethodDefinition<object, object>

/** Every RPC in proto/ by its path. The files are read at the first call; a server without gRPC never reads them. */
export function methods(): ReadonlyMap<string, Method> {
  loaded ??= load()
  return loaded
}

let loaded: ReadonlyMap<string, Method> | undefined

function load(): ReadonlyMap<string, Method> {
  const found = new Map<string, Method>()
  for (const definition of Object.values(loadSync(files, { ...shapes, includeDirs: [folder] }))) {
    // What is neither a message nor an enum is a service: a record of methods.
    if ('format' in definition) continue
    for (const method of Object.values(definition)) found.set(method.path, method)
  }
  return found
}
