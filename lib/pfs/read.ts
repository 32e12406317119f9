import assert from 'node:assert'
import type { ByteReceiver, ByteSource } from '../kit/byte-source'
import type { BytesValue, GetFileRequest } from '../wire/messages'
import type { Stat } from './contract'
import { fromRpc, PfsError } from './failure'
import { requirePath, type PathRule } from './path'
import type { MessageSource, RpcError, Transport } from './transport'
import { wireCommit } from './wire-ref'

interface Reading {
  readonly transport: Transport
  readonly paths: PathRule
  /** The server takes a length; without, it sends to the end and is stopped. */
  readonly readLength: boolean
}

/**
 * Bytes [offset, offset + length) of a file. The range is asserted here because a server is not to be trusted with a bad one:
 * a negative offset makes a pachd answer a neighbour's bytes, or end.
 */
export function openRead(reading: Reading, file: Stat, offset: number, length: number): ByteSource {
  assert(Number.isSafeInteger(offset) && Number.isSafeInteger(length), 'a range is in whole bytes')
  assert(offset >= 0 && length >= 0 && offset + length <= file.size, 'a range is within its file')
  if (length === 0) return new NoBytes()
  const path = requirePath(file.key, reading.paths)
  const request: GetFileRequest = {
    file: { commit: wireCommit(file.snapshot), path: '**' },
    path_range: { lower: path, upper: `${path}\0` },
  }
  if (offset > 0) request.offset = offset
  if (reading.readLength) request.length = length
  return new FileBytes(reading.transport.serverStream('/pfs_v2.API/GetFile', request), length, reading.readLength)
}

class NoBytes implements ByteSource {
  private over = false

  start(receiver: ByteReceiver): void {
    queueMicrotask(() => { if (!this.over) receiver.end() })
  }

  resume(): void {}

  cancel(): void { this.over = true }
}

/** Counts what comes: exactly the promised bytes go on, and an answer that is too short, or longer than it was asked for, fails. */
class FileBytes implements ByteSource {
  private readonly source: MessageSource<BytesValue>
  private readonly exact: boolean
  private receiver: ByteReceiver | undefined
  private left: number
  private over = false

  constructor(source: MessageSource<BytesValue>, length: number, exact: boolean) {
    this.source = source
    this.left = length
    this.exact = exact
  }

  start(receiver: ByteReceiver): void {
    this.receiver = receiver
    this.source.start({
      data: (message) => this.take(receiver, message.value),
      end: () => this.end(receiver),
      fail: (error) => this.fail(error),
    })
  }

  private take(receiver: ByteReceiver, chunk: Buffer | undefined): boolean {
    if (this.over || chunk === undefined || chunk.length === 0) return true
    if (chunk.length > this.left && this.exact) {
      this.cancel()
      receiver.fail(new PfsError('internal', 'the server sent more of a file than was asked for'))
      return false
    }
    const wanted = chunk.length > this.left ? chunk.subarray(0, this.left) : chunk
    this.left -= wanted.length
    if (this.left > 0 || this.exact) return receiver.data(wanted)
    receiver.data(wanted)
    if (this.over) return false
    // The rest of the file is of no use to anyone.
    this.cancel()
    receiver.end()
    return false
  }

  private end(receiver: ByteReceiver): void {
    if (this.over) return
    this.over = true
    if (this.left === 0) receiver.end()
    else receiver.fail(new PfsError('internal', `the server sent ${this.left} bytes of a file too few`))
  }

  private fail(error: RpcError): void {
    if (this.over) return
    this.over = true
    const failure = fromRpc(error)
    this.receiver?.fail(failure instanceof Error ? failure : error)
  }

  resume(): void {
    if (!this.over) this.source.resume()
  }

  cancel(): void {
    if (this.over) return
    this.over = true
    this.source.cancel()
  }
}
