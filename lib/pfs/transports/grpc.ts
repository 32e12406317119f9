import { Client, connectivityState, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { limits } from '../../limits'
import type { Rpcs } from '../../wire/messages'
import { methodOf } from './grpc-methods'
import { GrpcStream } from './grpc-stream'
import { GrpcUpload } from './grpc-upload'
import { RpcError, RpcStatus, type CallOptions, type Transport } from '../transport'

interface GrpcOptions {
  /** PEM; the system's roots where absent. For `grpcs` only. */
  readonly rootCertificates?: Buffer
  /** Metadata sent with every call. */
  readonly metadata?: Readonly<Record<string, string>>
  /** How long a connection may take to come about. */
  readonly connectMsMax?: number
}

/**
 * A transport to a PFS server over gRPC: `grpc://host:port`, `grpcs://host:port` or `unix:path`. All calls share one channel.
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
        return channel.client().makeServerStreamRequest(
          path, method.requestSerialize, method.responseDeserialize, request, channel.metadata(call))
      },
      call?.idleMsMax ?? limits.streamIdleMsMax),
    clientStream: <Path extends keyof Rpcs>(path: Path, call?: CallOptions) => {
      const method = methodOf(path)
      return new GrpcUpload(
        (answered: (error: ServiceError | null, response?: Rpcs[Path]['response']) => void) => channel.client().makeClientStreamRequest(
          path, method.requestSerialize, method.responseDeserialize, channel.metadata(call), answered),
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
    channel.client().makeUnaryRequest(
      path, method.requestSerialize, method.responseDeserialize, request, channel.metadata(options), { deadline },
      (error, response) => {
        if (error !== null) reject(new RpcError(error.code, error.details))
        else if (response === undefined) reject(new RpcError(RpcStatus.internal, 'an answer without a message'))
        else resolve(response)
      })
  })
}

const channelOptions = {
  // One small window would cost three quarters of the download rate; a larger one falls out of the processor's cache.
  'grpc-node.flow_control_window': 1024 * 1024,
  // pachd fills messages of 19 MiB.
  'grpc.max_receive_message_length': -1,
  // Without this, writes are acknowledged before they are sent, and back-pressure comes a mebibyte late.
  'grpc.per_rpc_retry_buffer_size': 0,
  // A shared pool would hand the rebuilt client the very connection that was given up.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
} as const

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

/** One client at a time, made at the first call and made anew once it was given up. */
class Channel {
  private readonly target: string
  private readonly secure: boolean
  private readonly options: GrpcOptions
  private current: Client | undefined
  private watch: NodeJS.Timeout | undefined
  private closed = false

  constructor(address: string, options: GrpcOptions) {
    const named = /^(grpcs?):\/\/([^/]+)\/?$/.exec(address)
    if (named === null && !/^unix:./.test(address)) {
      throw new Error(`not an address of a PFS server, such as grpc://host:port, grpcs://host:port or unix:path: ${address}`)
    }
    this.target = named?.[2] ?? address
    this.secure = named?.[1] === 'grpcs'
    this.options = options
  }

  metadata(call: CallOptions | undefined): Metadata {
    const metadata = new Metadata()
    for (const [name, value] of Object.entries(this.options.metadata ?? {})) metadata.set(name, value)
    for (const [name, value] of Object.entries(call?.metadata ?? {})) metadata.set(name, value)
    return metadata
  }

  /** The client to call with; also sees to it that a connection which does not come about is given up. */
  client(): Client {
    if (this.closed) throw new RpcError(RpcStatus.unavailable, 'the transport is closed')
    this.current ??= this.make()
    if (this.watch === undefined && this.current.getChannel().getConnectivityState(false) !== connectivityState.READY) {
      this.watch = setTimeout(() => this.look(), this.options.connectMsMax ?? limits.connectMsMax).unref()
    }
    return this.current
  }

  private make(): Client {
    const trust = this.secure ? credentials.createSsl(this.options.rootCertificates ?? null) : credentials.createInsecure()
    // A proxy of the environment stands between this machine and others; it cannot reach what listens on this one alone.
    return new Client(this.target, trust, { ...channelOptions, 'grpc.enable_http_proxy': loopback.test(this.target) ? 0 : 1 })
  }

  private look(): void {
    this.watch = undefined
    if (this.current?.getChannel().getConnectivityState(false) !== connectivityState.CONNECTING) return
    // Calls that wait for the connection fail with UNAVAILABLE; the next call connects anew.
    this.current.close()
    this.current = undefined
  }

  close(): void {
    this.closed = true
    clearTimeout(this.watch)
    this.current?.close()
  }
}
