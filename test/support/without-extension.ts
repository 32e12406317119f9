import { RpcError, type Transport } from '../../lib/pfs/transport'

/** A server that has nothing beyond pachd's contract: it does not know the question, and ignores fields it has never heard of. */
export function withoutExtension(transport: Transport): Transport {
  return {
    unary: (path, request, options) => path.startsWith('/pfs_extension.')
      ? Promise.reject(new RpcError(12, `unknown service ${path}`))
      : transport.unary(path, request, options),
    serverStream: (path, request, options) => transport.serverStream(path, request, options),
    clientStream: (path, options) => {
      const stream = transport.clientStream(path, options)
      return { send: (message) => stream.send(message), end: async () => ({ ...await stream.end(), metadata: {} }), abort: () => stream.abort() }
    },
    close: () => transport.close(),
    ordered: transport.ordered,
  }
}
