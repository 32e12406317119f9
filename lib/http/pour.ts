import type { ServerResponse } from 'node:http'
import type { ByteReceiver, ByteSource } from '../kit/byte-source'
import { limits } from '../limits'
import type { Delivery } from './exchange'
import { unsent, UnsentReply } from './unsent'

/** A body that comes from elsewhere. */
interface Flow {
  /** Writes the head; what it answers is why that cannot be. */
  begin(): Error | undefined
  readonly source: ByteSource
  readonly length: number
}

/**
 * Sends bytes that are at hand, or exactly as many of a source as are announced, at the pace of the client; anything else
 * destroys the socket. The head of a source waits for its first bytes: without them there can be another answer.
 */
export function pour(res: ServerResponse, body: Flow | Buffer): Promise<Delivery> {
  return new Promise((resolve) => { new Pouring(res, body, resolve).start(Buffer.isBuffer(body) ? body : undefined) })
}

/** Ends a response whose body, of `held` bytes, is written, and gives it up if the client does not take it. */
export function endWithin(res: ServerResponse, held: number): void {
  const reply = new Ending(res, held)
  res.once('close', () => { unsent.done(reply) })
  if (res.destroyed) return
  unsent.wait(reply)
  res.end()
}

class Ending extends UnsentReply {
  constructor(res: ServerResponse, held: number) {
    super(res)
    this.held = held
  }

  park(): void {}
}

/**
 * Invariants:
 * - `waiting` is true from a write until the socket has taken everything. Meanwhile the source is asked for silence, and what it
 *   brings all the same is written behind. What node calls enough for one socket is another figure in each of its versions, and
 *   several slices in some: whether a write asks to wait says nothing here.
 * - `taken` bytes have come from the body; of these `rest` is not written yet. It is what follows a slice: where replies hold
 *   much already, only a slice of what has come is written, and that is a copy, since a part of a buffer holds all of it.
 * - A source is resumed only when `rest` is empty. A parked one has taken `rest` back.
 * - `begin` is there until the head is written, which is the first thing to be.
 */
class Pouring extends UnsentReply implements ByteReceiver {
  private readonly source: ByteSource | undefined
  private readonly length: number
  private readonly resolve: (delivery: Delivery) => void
  private begin: Flow['begin'] | undefined
  /** What is written counts as often as it is held: TLS keeps it twice, as it is and enciphered. */
  private readonly copies: number
  private rest: Buffer | undefined
  private taken = 0
  private waiting = false
  private over = false

  constructor(res: ServerResponse, body: Flow | Buffer, resolve: (delivery: Delivery) => void) {
    super(res)
    this.length = body.length
    this.resolve = resolve
    this.copies = res.socket !== null && 'encrypted' in res.socket ? 2 : 1
    if (Buffer.isBuffer(body)) {
      this.source = undefined
      this.taken = body.length
    } else {
      this.source = body.source
      this.begin = () => body.begin()
    }
  }

  start(atHand: Buffer | undefined): void {
    const { res, source } = this
    // `close` follows `finish` on every path, so one listener settles both the sent and the broken reply.
    res.once('close', () => { this.settle(res.writableFinished) })
    // Whatever the socket still holds of before: no callback of this reply's would tell when that is gone.
    if (atHand !== undefined) this.write(atHand)
    source?.start(this)
  }

  data(chunk: Buffer): boolean {
    if (this.over) return true
    this.taken += chunk.length
    if (this.taken > this.length) {
      this.settle(false, new Error(`the source brought more than the ${String(this.length)} bytes announced`))
      return true
    }
    if (this.rest !== undefined) this.flush(this.rest)
    if (this.waiting) {
      this.flush(chunk)
      return false
    }
    this.write(chunk)
    return this.over
  }

  end(): void {
    if (this.taken === this.length) return
    this.settle(false, new Error(`the source ended after ${String(this.taken)} of ${String(this.length)} bytes`))
  }

  fail(error: Error): void {
    this.settle(false, error)
  }

  /** Writes behind what waits already, without regard to what replies hold. */
  private flush(bytes: Buffer): void {
    this.rest = undefined
    this.put(bytes)
  }

  private write(bytes: Buffer): void {
    const { source } = this
    // A TLS connection keeps for its life the room that its largest write took; only content is worth that.
    const sliced = source === undefined && this.copies > 1
    const whole = bytes.length <= limits.unsentSliceBytes || (!sliced && unsent.hasRoom(bytes.length * this.copies))
    this.rest = whole ? undefined : bytes.subarray(limits.unsentSliceBytes)
    const slice = whole ? bytes : bytes.subarray(0, limits.unsentSliceBytes)
    this.put(whole || source === undefined ? slice : Buffer.from(slice))
  }

  private put(bytes: Buffer): void {
    const { res, begin } = this
    if (begin !== undefined) {
      this.begin = undefined
      const failure = begin()
      if (failure !== undefined) {
        this.settle(false, failure)
        return
      }
    }
    const last = this.taken === this.length && this.rest === undefined
    if (last) res.end(bytes.length === 0 ? undefined : bytes, this.whenSent(bytes, last))
    else res.write(bytes, this.whenSent(bytes, last))
    this.waiting = true
    this.held = (this.rest?.length ?? 0) + res.writableLength * this.copies
    unsent.wait(this)
  }

  /** Long chunks go back to their source when the socket is done with them; after an error nobody knows what it still holds. */
  private whenSent(bytes: Buffer, last: boolean): ((error?: Error | null) => void) | undefined {
    const { source } = this
    const back = source?.giveBack !== undefined && bytes.length > limits.unsentSliceBytes
    if (last && !back) return undefined
    return (error) => {
      if (error !== undefined && error !== null) return
      if (back) source.giveBack?.(bytes)
      this.goOn()
    }
  }

  /** The socket has taken something, perhaps not all. */
  private goOn(): void {
    if (this.over || this.res.writableEnded || this.res.writableLength > 0) return
    this.waiting = false
    unsent.done(this)
    if (this.rest === undefined) this.source?.resume()
    else this.write(this.rest)
  }

  park(): void {
    const { rest, source } = this
    if (source === undefined || (this.taken === this.length && rest === undefined)) return
    source.park(rest?.length ?? 0)
    this.taken -= rest?.length ?? 0
    this.held -= rest?.length ?? 0
    this.rest = undefined
  }

  private settle(whole: boolean, failure?: Error): void {
    if (this.over) return
    this.over = true
    const begun = failure === undefined || this.begin === undefined
    unsent.done(this)
    const sent = this.taken - (this.rest?.length ?? 0)
    this.rest = undefined
    if (whole) {
      // A source that was asked for silence with its last bytes has yet to end, and holds its place until then.
      this.source?.resume()
    } else {
      this.source?.cancel()
      if (begun) this.res.destroy()
    }
    this.resolve({ whole, bytesSent: whole ? this.length : begun ? sent : 0, failure, begun })
  }
}
