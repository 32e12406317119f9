import type { Rpcs } from '../../wire/messages'
import { methods } from '../../wire/methods'

/** One RPC's codec; the types of both messages are those of wire/messages. */
interface TypedMethod<Request, Response> {
  readonly path: string
  readonly requestSerialize: (request: Request) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => Request
  readonly responseSerialize: (response: Response) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => Response
}

export function methodOf<Path extends keyof Rpcs>(path: Path): TypedMethod<Rpcs[Path]['request'], Rpcs[Path]['response']> {
  const method: unknown = methods().get(path)
  if (method === undefined) throw new Error(`proto/ has no ${path}`)
  // proto-loader's codecs are untyped; wire/messages is generated from the same files.
  return method as TypedMethod<Rpcs[Path]['request'], Rpcs[Path]['response']>
}
