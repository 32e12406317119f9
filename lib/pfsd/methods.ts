import { join } from 'node:path'
import { loadSync, type MethodDefinition } from '@grpc/proto-loader'

const files = ['admin.proto', 'auth.proto', 'health.proto', 'pfs.proto', 'pfs_extension.proto', 'version.proto']
const folder = join(__dirname, '../../proto')

/** The shapes of wire/messages: absent fields absent, enums as strings, 64-bit integers as numbers. */
const shapes = { keepCase: true, longs: Number, enums: String, defaults: false, arrays: false, objects: false, oneofs: false }

export type Method = MethodDefinition<object, object>

/** The codecs of every RPC in proto/, by path. Reads the files anew at each call. */
export function loadMethods(): ReadonlyMap<string, Method> {
  const methods = new Map<string, Method>()
  for (const definition of Object.values(loadSync(files, { ...shapes, includeDirs: [folder] }))) {
    // What is neither a message nor an enum is a service: a record of methods.
    if ('format' in definition) continue
    for (const method of Object.values(definition)) methods.set(method.path, method)
  }
  return methods
}
