import type { ServiceError } from '@grpc/grpc-js'
import { limits } from '../../limits'
import type { Rpcs } from '../../wire/messages'
import { Channel, type GrpcOptions } from './grpc-channel'
import { methodOf } from './grpc-methods'
import { GrpcStream } from './grpc-stream'
import { GrpcUpload } from './grpc-upload'
import { RpcError, RpcStatus, type CallOptions, type Transport } from '../transport'

/**
 * A transport to a PFS server over gRPC: `grpc://host:port`, `grpcs://host:port` or `unix:path`. Calls share a connection.
 * A unary call has a deadline; a stream ends when nothing moves; a connection that never becomes one is given up and made
 * anew, since a peer that accepts and stays silent would hold the channel for ever.
 */
export function grpc(address: string, options: GrpcOptions = {}): Transport {
  const channel = new Channel(address, options)
  return {
    unary: (path, request, call) => callUnary(channel, path, request, call),
    serverStream: (path, request, call) => new GrpcStream(
      () => {
        const method = methodOf(path)
        return channel.begin((client) => client.makeServerStreamRequest(
          path, method.requestSerialize, method.responseDeserialize, request, channel.metadata(call)))
      },
      call?.idleMsMax ?? limits.streamIdleMsMax),
    clientStream: <Path extends keyof Rpcs>(path: Path, call?: CallOptions) => {
      const method = methodOf(path)
      return new GrpcUpload(
        (answered: (error: ServiceError | null, response?: Rpcs[Path]['response']) => void) => channel.begin(
          (client) => client.makeClientStreamRequest(
            path, method.requestSerialize, method.responseDeserialize, channel.metadata(call), answered)),
        call?.idleMsMax ?? limits.streamIdleMsMax)
    },
    close: () => channel.close(),
  }
}

/** Fails with DEADLINE_EXCEEDED in the end, whatever the server does. */
function callUnary<Path extends keyof Rpcs>(
  channel: Channel, path: Path, request: Rpcs[Path]['request'], options: CallOptions | undefined,
): Promise<Rpcs[Path]['response']> {
  const method = methodOf(path)
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + (options?.idleMsMax ?? limits.unaryMsMax)
    channel.begin((client) => client.makeUnaryRequest(
      path, method.requestSerialize, method.responseDeserialize, request, channel.metadata(options), { deadline },
      (error, response) => {
        if (error !== null) reject(new RpcError(error.code, error.details))
        else if (response === undefined) reject(new RpcError(RpcStatus.internal, 'an answer without a message'))
        else resolve(response)
      }))
  })
}
