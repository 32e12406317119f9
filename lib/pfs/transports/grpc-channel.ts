import { Client, connectivityState, credentials, Metadata, type StatusObject } from '@grpc/grpc-js'
import type { EventEmitter } from 'node:events'
import { limits } from '../../limits'
import { RpcError, RpcStatus, type CallOptions } from '../transport'

export interface GrpcOptions {
  /** PEM; the system's roots where absent. For `grpcs` only. */
  readonly rootCertificates?: Buffer
  /** Metadata sent with every call. */
  readonly metadata?: Readonly<Record<string, string>>
  /** How long a connection may take to come about. */
  readonly connectMsMax?: number
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
interface Connection {
  readonly client: Client
  calls: number
  /** Calls that this side has cut off. */
  resets: number
}

/**
 * Calls go over one connection, until so many of its calls were cut off that a server could take it for an attack: a Node
 * server ends a session, and with it all that is under way there, after a thousand. Then calls go over a new one, and the
 * old one is closed behind its last call.
 */
export class Channel {
  private readonly target: string
  private readonly secure: boolean
  private readonly options: GrpcOptions
  private current: Connection | undefined
  private readonly retired = new Set<Connection>()
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

  begin<Call extends EventEmitter>(call: (client: Client) => Call): Call {
    const connection = this.connection()
    const begun = call(connection.client)
    connection.calls += 1
    begun.once('status', ({ code }: StatusObject) => this.end(connection, code))
    return begun
  }

  private end(connection: Connection, code: number): void {
    connection.calls -= 1
    if (code === RpcStatus.cancelled || code === RpcStatus.deadlineExceeded) connection.resets += 1
    if (connection.resets >= limits.connectionResetsMax && connection === this.current) {
      this.current = undefined
      this.retired.add(connection)
    }
    if (connection.calls === 0 && this.retired.delete(connection)) connection.client.close()
  }

  /** Also sees to it that a connection which does not come about is given up. */
  private connection(): Connection {
    if (this.closed) throw new RpcError(RpcStatus.unavailable, 'the transport is closed')
    this.current ??= { client: this.make(), calls: 0, resets: 0 }
    if (this.watch === undefined && stateOf(this.current) !== connectivityState.READY) {
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
    if (this.current === undefined || stateOf(this.current) !== connectivityState.CONNECTING) return
    // Calls that wait for the connection fail with UNAVAILABLE; the next call connects anew.
    this.current.client.close()
    this.current = undefined
  }

  close(): void {
    this.closed = true
    clearTimeout(this.watch)
    this.current?.client.close()
    for (const { client } of this.retired) client.close()
  }
}

function stateOf({ client }: Connection): connectivityState {
  return client.getChannel().getConnectivityState(false)
}
