import { RpcError, type Transport, type ServerStreamPath, type UnaryPath } from '../../lib/pfs/transport'
import type { ModifyFileRequest, Rpcs } from '../../lib/wire/messages'
import { collectMessages } from './collect'

/** Makes calls and writes down what came back, with ids and times replaced by names that are the same from run to run. */
export class Recorder {
  readonly log: [call: string, answer: unknown][] = []
  private readonly transport: Transport
  private readonly names = new Map<string, string>()

  constructor(transport: Transport) {
    this.transport = transport
  }

  unary<Path extends UnaryPath>(path: Path, request: Rpcs[Path]['request']): Promise<Rpcs[Path]['response']> {
    return this.note(path, this.transport.unary(path, request))
  }

  stream<Path extends ServerStreamPath>(path: Path, request: Rpcs[Path]['request']): Promise<Rpcs[Path]['response'][]> {
    return this.note(path, collectMessages(this.transport.serverStream(path, request)))
  }

  /** Bytes of a GetFile, however the server cuts them. */
  async bytes(request: Rpcs['/pfs_v2.API/GetFile']['request']): Promise<string> {
    const messages = await this.note('GetFile', collectMessages(this.transport.serverStream('/pfs_v2.API/GetFile', request)))
    return Buffer.concat(messages.map(({ value }) => value ?? Buffer.alloc(0))).toString()
  }

  /** Answers the file set's id, or what the metadata say of the commit. */
  async send(path: '/pfs_v2.API/ModifyFile' | '/pfs_v2.API/CreateFileSet', messages: readonly ModifyFileRequest[]): Promise<string> {
    const stream = this.transport.clientStream(path)
    const answer = (async () => {
      for (const message of messages) await stream.send(message)
      return stream.end()
    })()
    const { response, metadata } = await this.note(path, answer)
    const id = 'file_set_id' in response ? response.file_set_id : metadata['pfs-commit-id']
    return typeof id === 'string' ? id : ''
  }

  private async note<Answer>(call: string, answer: Promise<Answer>): Promise<Answer> {
    try {
      const got = await answer
      this.log.push([call, this.renamed(got)])
      return got
    } catch (error) {
      this.log.push([call, error instanceof RpcError ? [error.code, this.renamed(error.details)] : String(error)])
      throw error
    }
  }

  private renamed(value: unknown): unknown {
    if (typeof value === 'string') return value.replace(/[0-9a-f]{32}/g, (id) => this.nameOf(id)).replace(/^1\d{12}$/, 'a time')
    if (Buffer.isBuffer(value)) return `bytes ${value.toString('latin1')}`
    if (Array.isArray(value)) return value.map((item) => this.renamed(item))
    if (value === null || typeof value !== 'object') return value
    if ('seconds' in value) return 'a time'
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.renamed(member)]))
  }

  private nameOf(id: string): string {
    const known = this.names.get(id)
    if (known !== undefined) return known
    const name = `id ${this.names.size}`
    this.names.set(id, name)
    return name
  }
}
