import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js'
import { rpcKinds, type Rpcs } from '../wire/messages'
import { methods, type Method } from '../wire/methods'
import { commitFence } from './commit-fence'
import { limits } from './limits'
import { clientStreamCall, serverStreamCall, unaryCall } from './serve-call'
import type { ClientStream, ServerStream, Service, Unary } from './service'

export interface Served {
  /** 0 on a unix socket. */
  readonly port: number
  /** Lets running calls end for a moment, then cuts them off. */
  close(): Promise<void>
}

const closeMsMax = 2000

const options = {
  'grpc.max_receive_message_length': limits.messageBytesMax,
  'grpc.max_send_message_length': limits.messageBytesMax,
  // Node's default of 64 KiB would cost most of the rate at which content comes in.
  'grpc-node.flow_control_window': 1024 * 1024,
  'grpc.enable_channelz': 0,
  interceptors: [commitFence],
}

/** The service over gRPC, without TLS. RPCs that it does not have are answered with UNIMPLEMENTED by grpc-js. */
export async function serve(service: Service, address: string): Promise<Served> {
  // What goes wrong comes back as an error; grpc-js would say it on stderr as well, among the lines of the log.
  if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE)
  const server = new Server(options)
  for (const path of Object.keys(rpcKinds)) {
    const method = methods().get(path)
    if (method === undefined) throw new Error(`proto/ has no ${path}`)
    // The keys of rpcKinds are the paths of Rpcs.
    register(server, method, path as keyof Rpcs, service)
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => error === null ? resolve(bound) : reject(error))
  })
  return { port: address.startsWith('unix:') ? 0 : port, close: () => close(server) }
}

function register(server: Server, method: Method, path: keyof Rpcs, service: Service): void {
  const handler: unknown = service[path]
  if (handler === undefined) return
  const { responseSerialize: write, requestDeserialize: read } = method
  // In each case: the service has at a path a handler of the kind that rpcKinds has there, for the messages that the codecs give.
  switch (rpcKinds[path]) {
    case 'unary':
      server.register(path, unaryCall(handler as Unary<object, object>), write, read, 'unary')
      break
    case 'server-stream':
      // As above.
      server.register(path, serverStreamCall(handler as ServerStream<object, object>), write, read, 'serverStream')
      break
    case 'client-stream':
      // As above.
      server.register(path, clientStreamCall(handler as ClientStream<object, object>), write, read, 'clientStream')
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, closeMsMax)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
