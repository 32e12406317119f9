import { inProcess } from '../../lib/pfs/transports/in-process'
import {
  RpcError, type Answer, type ClientStreamPath, type RpcTable, type ServerStreamPath, type Transport, type UnaryPath,
} from '../../lib/pfs/transport'
import { rpcKinds, type Rpcs } from '../../lib/wire/messages'

/** Calls by path, each answered with one promise. */
export class RpcClient {
  readonly transport: Transport

  constructor(service: RpcTable | Transport) {
    this.transport = 'unary' in service ? service : inProcess(service)
  }

  unary<Path extends UnaryPath>(path: Path, request: Rpcs[Path]['request']): Promise<Rpcs[Path]['response']> {
    return this.transport.unary(path, request)
  }

  list<Path extends ServerStreamPath>(path: Path, request: Rpcs[Path]['request']): Promise<Array<Rpcs[Path]['response']>> {
    return new Promise((resolve, reject) => {
      const messages: Array<Rpcs[Path]['response']> = []
      this.transport.serverStream(path, request).start({
        data: (message) => messages.push(message) > 0,
        end: () => resolve(messages),
        fail: reject,
      })
    })
  }

  async upload<Path extends ClientStreamPath>(
    path: Path, messages: ReadonlyArray<Rpcs[Path]['request']>,
  ): Promise<Answer<Rpcs[Path]['response']>> {
    const stream = this.transport.clientStream(path)
    for (const message of messages) {
      try {
        await stream.send(message)
      } catch {
        // The failure is the answer of the call.
        break
      }
    }
    return stream.end()
  }

  /** Whatever kind of call it is: a message, or a list of them. */
  async call(path: string, request: unknown): Promise<unknown> {
    if (!(path in rpcKinds)) throw new RpcError(12, `The server does not implement the method ${path}`)
    // Recorded requests are of the RPC's type, or its handler is to say that they are not.
    const known = path as keyof Rpcs
    if (rpcKinds[known] === 'unary') return this.unary(known as UnaryPath, request as Record<string, never>)
    if (rpcKinds[known] === 'server-stream') return this.list(known as ServerStreamPath, request as Record<string, never>)
    if (!Array.isArray(request)) throw new Error('a stream of messages is not recorded')
    return (await this.upload(known as ClientStreamPath, request as ReadonlyArray<Record<string, never>>)).response
  }
}
