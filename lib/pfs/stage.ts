import { limits } from '../limits'
import type { Budget } from '../kit/budget'
import { Pieces } from '../kit/pieces'
import type { Stage, Staged, StageOptions } from './contract'
import { fromRpc } from './failure'
import type { CreateFileSetResponse, ModifyFileRequest } from '../wire/messages'
import type { ClientStream, Transport } from './transport'

/** Where the bytes of a staged file set are, in each of them: parts of one path join when file sets are composed. */
export const stagedPath = '/part'

/** Chunks below this size are joined before they are sent; larger ones go as they are, which costs no copy. */
const joinBytes = 32 * 1024

/**
 * Takes a body as it comes. It is held in memory while it is small and the budget has room for what has come, both of which can
 * end: then what was held goes ahead of the rest into a file set. What is only announced takes nothing, or heads without bodies
 * could take all. At any moment `reserved` is what this body has taken from the budget, and it is given back exactly once: by
 * discard, by the switch, or by the Staged that took it over.
 */
export class BodyStage implements Stage {
  private readonly transport: Transport
  private readonly budget: Budget
  private readonly pieces = new Pieces()
  private reserved = 0
  private size = 0
  private sentAny = false
  private stream: ClientStream<ModifyFileRequest, CreateFileSetResponse> | undefined

  constructor(transport: Transport, budget: Budget, options: StageOptions) {
    this.transport = transport
    this.budget = budget
    if (options.fileSet === true || (options.length ?? 0) > limits.heldBodyBytesMax) this.open()
  }

  private reserve(bytes: number): boolean {
    if (!this.budget.take(bytes)) return false
    this.reserved += bytes
    return true
  }

  private release(): void {
    this.budget.give(this.reserved)
    this.reserved = 0
  }

  private open(): void {
    this.stream = this.transport.clientStream('/pfs_v2.API/CreateFileSet')
  }

  write(chunk: Buffer): Promise<void> | undefined {
    this.size += chunk.length
    if (this.stream === undefined) {
      if (this.size <= limits.heldBodyBytesMax && this.reserve(chunk.length)) {
        this.pieces.push(chunk)
        return undefined
      }
      this.open()
      const wait = this.flush()
      this.release()
      return wait === undefined ? this.pass(chunk) : wait.then(() => this.pass(chunk))
    }
    return this.pass(chunk)
  }

  private pass(chunk: Buffer): Promise<void> | undefined {
    if (chunk.length < joinBytes) {
      this.pieces.push(chunk)
      return this.pieces.bytes < joinBytes ? undefined : this.flush()
    }
    const wait = this.flush()
    return wait === undefined ? this.send(chunk) : wait.then(() => this.send(chunk))
  }

  private flush(): Promise<void> | undefined {
    return this.pieces.bytes === 0 ? undefined : this.send(this.pieces.take())
  }

  private send(bytes: Buffer): Promise<void> | undefined {
    this.sentAny = true
    return this.stream?.send({ add_file: { path: stagedPath, raw: bytes.length === 0 ? {} : { value: bytes } } })
      ?.catch((error: unknown) => { throw fromRpc(error) })
  }

  async finish(): Promise<Staged> {
    if (this.stream === undefined) {
      const held = new HeldBody(this.pieces.take(), this.budget, this.reserved)
      this.reserved = 0
      return held
    }
    try {
      await this.flush()
      if (!this.sentAny) await this.send(Buffer.alloc(0))
      const { response } = await this.stream.end()
      return new FileSetBody(this.transport, this.size, response.file_set_id ?? '')
    } catch (error) {
      throw fromRpc(error)
    }
  }

  async discard(): Promise<void> {
    this.pieces.drop()
    this.release()
    await this.stream?.abort().catch(() => undefined)
  }
}

class HeldBody implements Staged {
  readonly size: number
  readonly content: Staged['content']
  private readonly budget: Budget
  private reserved: number

  constructor(bytes: Buffer, budget: Budget, reserved: number) {
    this.size = bytes.length
    this.content = { kind: 'held', bytes }
    this.budget = budget
    this.reserved = reserved
  }

  discard(): Promise<void> {
    this.budget.give(this.reserved)
    this.reserved = 0
    return Promise.resolve()
  }
}

class FileSetBody implements Staged {
  readonly size: number
  readonly content: Staged['content']
  private readonly transport: Transport
  private readonly id: string

  constructor(transport: Transport, size: number, id: string) {
    this.transport = transport
    this.size = size
    this.id = id
    this.content = { kind: 'file-set', id }
  }

  /** Lets the server free it soon; if this fails, it expires by itself. */
  async discard(): Promise<void> {
    await this.transport.unary('/pfs_v2.API/RenewFileSet', { file_set_id: this.id, ttl_seconds: 1 }).catch(() => undefined)
  }
}
