import assert from 'node:assert'
import type { ByteReceiver, ByteSource } from '../kit/byte-source'
import { limits } from '../limits'
import type { BytesValue, GetFileRequest } from '../wire/messages'
import type { Bodies } from './bodies'
import type { Stat } from './contract'
import { fromRpc, PfsError } from './failure'
import { requirePath, type PathRule } from './path'
import type { ReadRoom } from './read-room'
import type { MessageSource, RpcError, Transport } from './transport'
import { wireCommit } from './wire-ref'

interface Reading {
  readonly transport: Transport
  readonly paths: PathRule
  /** The server takes a length; without, it sends to the end and is stopped. */
  readonly readLength: boolean
  readonly room: ReadRoom
  readonly bodies: Bodies
}

/**
 * Bytes [offset, offset + length) of a file. The range is asserted here because a server is not to be trusted with a bad one:
 * a negative offset makes a pachd answer a neighbour's bytes, or end.
 */
export function openRead(reading: Reading, file: Stat, offset: number, length: number): ByteSource {
  assert(Number.isSafeInteger(offset) && Number.isSafeInteger(length), 'a range is in whole bytes')
  assert(offset >= 0 && length >= 0 && offset + length <= file.size, 'a range is within its file')
  if (length === 0) return new NoBytes()
  return new FileBytes(reading, { file, path: requirePath(file.key, reading.paths), offset, length })
}

interface Range { readonly file: Stat, readonly path: string, readonly offset: number, readonly length: number }

class NoBytes implements ByteSource {
  private over = false

  start(receiver: ByteReceiver): void {
    queueMicrotask(() => { if (!this.over) receiver.end() })
  }

  resume(): void {}

  park(): void {}

  cancel(): void { this.over = true }
}

/**
 * Counts what comes: exactly the promised bytes go on, and an answer that is too short, or longer than it was asked for, fails.
 *
 * One call brings everything while reads have room for what calls have on their way. Those that find none, and those that
 * were parked, make a call for each piece, the next when the consumer has taken the last: then nobody holds more than a piece.
 * Finished commits never change, so the calls of one read agree. `source` is the call under way, `window` what it still owes.
 */
class FileBytes implements ByteSource {
  private readonly reading: Reading
  private readonly file: Stat
  private readonly path: string
  private receiver: ByteReceiver | undefined
  private source: MessageSource<BytesValue> | undefined
  private offset: number
  private left: number
  private window = 0
  private reserved = 0
  private waiting: (() => void) | undefined
  private turn = false
  private paused = false
  private ended = false
  private over = false
  /** All of a small file, which comes in one piece. */
  private whole: Buffer | undefined

  constructor(reading: Reading, range: Range) {
    this.reading = reading
    this.file = range.file
    this.path = range.path
    this.offset = range.offset
    this.left = range.length
  }

  start(receiver: ByteReceiver): void {
    this.receiver = receiver
    this.call(receiver)
  }

  private call(receiver: ByteReceiver): void {
    const { readLength, room } = this.reading
    // A read that is shorter has no more than itself on its way.
    const ask = Math.min(this.left, limits.fileAheadBytes)
    if (room.ahead.take(ask)) this.reserved = ask
    if (this.reserved > 0 || !readLength) {
      this.open(receiver, this.left)
      return
    }
    this.waiting = () => {
      this.waiting = undefined
      this.turn = true
      // Pieces end where blocks do that a server may have to check as a whole.
      this.open(receiver, Math.min(this.left, limits.readPieceBytes - this.offset % limits.readPieceBytes))
    }
    room.enter(this.waiting)
  }

  private open(receiver: ByteReceiver, length: number): void {
    const request: GetFileRequest = {
      file: { commit: wireCommit(this.file.snapshot), path: '**' },
      path_range: { lower: this.path, upper: `${this.path}\0` },
    }
    if (this.offset > 0) request.offset = this.offset
    if (this.reading.readLength) request.length = length
    this.window = length
    const source = this.reading.transport.serverStream('/pfs_v2.API/GetFile', request)
    this.source = source
    const current = (): boolean => this.source === source
    source.start({
      data: (message) => current() ? this.take(receiver, message.value) : true,
      end: () => { if (current()) this.end(receiver) },
      fail: (error) => { if (current()) this.fail(receiver, error) },
    })
  }

  private take(receiver: ByteReceiver, chunk: Buffer | undefined): boolean {
    if (chunk === undefined || chunk.length === 0) return true
    const exact = this.reading.readLength
    if (chunk.length > this.window && exact) {
      this.cancel()
      receiver.fail(new PfsError('internal', 'the server sent more of a file than was asked for'))
      return false
    }
    const wanted = chunk.length > this.window ? chunk.subarray(0, this.window) : chunk
    this.window -= wanted.length
    this.left -= wanted.length
    this.offset += wanted.length
    if (this.window === 0) this.endTurn()
    if (wanted.length === this.file.size && wanted.length <= limits.rememberedBodyBytesMax) this.whole = wanted
    this.paused = !receiver.data(wanted)
    if (this.left > 0 || exact || this.over) return !this.paused
    // The rest of the file is of no use to anyone.
    this.finish(receiver)
    return false
  }

  private end(receiver: ByteReceiver): void {
    this.letGo()
    if (this.window > 0) {
      this.over = true
      receiver.fail(new PfsError('internal', `the server sent ${this.window} bytes of a file too few`))
    } else if (this.left === 0) this.finish(receiver)
    else if (!this.paused) this.call(receiver)
  }

  private finish(receiver: ByteReceiver): void {
    this.letGo()
    this.ended = true
    if (this.whole !== undefined) this.reading.bodies.keep(this.file, this.whole)
    receiver.end()
  }

  private fail(receiver: ByteReceiver, error: RpcError): void {
    this.letGo()
    this.over = true
    const failure = fromRpc(error)
    receiver.fail(failure instanceof Error ? failure : error)
  }

  /** The call under way is over, or is given up. */
  private letGo(): void {
    const source = this.source
    this.source = undefined
    this.endTurn()
    this.reading.room.ahead.give(this.reserved)
    this.reserved = 0
    source?.cancel()
  }

  private endTurn(): void {
    const { room } = this.reading
    if (this.waiting !== undefined) room.forget(this.waiting)
    this.waiting = undefined
    if (!this.turn) return
    this.turn = false
    room.leave()
  }

  resume(): void {
    const { receiver } = this
    if (this.over || this.ended || !this.paused || receiver === undefined) return
    this.paused = false
    if (this.source !== undefined) this.source.resume()
    else if (this.left > 0) this.call(receiver)
    else queueMicrotask(() => { if (!this.over && !this.ended) this.finish(receiver) })
  }

  park(unused: number): void {
    if (this.over) return
    this.letGo()
    if (unused > 0) this.ended = false
    this.offset -= unused
    this.left += unused
    this.paused = true
  }

  giveBack(chunk: Buffer): void {
    if (chunk !== this.whole) this.reading.transport.giveBack?.(chunk)
  }

  cancel(): void {
    if (this.over) return
    this.over = true
    this.letGo()
  }
}
