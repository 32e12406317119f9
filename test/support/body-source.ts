import type { BodySource } from '../../lib/stream/body'

/**
 * A body source in the test's hands: bytes come one piece a turn, never while paused, and every call is counted. `ending`
 * says what follows the last piece.
 */
export class TestSource implements BodySource {
  started = 0
  paused = false
  isResting = false
  /** Pieces handed over so far. */
  sent = 0
  private readonly pieces: readonly Buffer[]
  private readonly ending: 'end' | 'lost' | 'silence'
  private receiver: Parameters<BodySource['start']>[0] | undefined
  private flowing = false

  constructor(pieces: readonly Buffer[], ending: 'end' | 'lost' | 'silence' = 'end') {
    this.pieces = pieces
    this.ending = ending
  }

  start(receiver: Parameters<BodySource['start']>[0]): void {
    this.started++
    this.receiver = receiver
    this.flow()
  }

  pause(): void {
    this.paused = true
  }

  resting(): boolean {
    return this.isResting
  }

  resume(): void {
    this.paused = false
    this.flow()
  }

  private flow(): void {
    if (this.flowing) return
    this.flowing = true
    setImmediate(() => { this.flowing = false; this.step() })
  }

  private step(): void {
    if (this.paused) return
    const piece = this.pieces[this.sent]
    if (piece === undefined) {
      if (this.ending === 'end') this.receiver?.end()
      if (this.ending === 'lost') this.receiver?.lost()
      return
    }
    this.sent++
    this.receiver?.data(piece)
    this.flow()
  }
}

/** Cuts `bytes` at the given places. */
export function cutAt(bytes: Buffer, ...places: readonly number[]): Buffer[] {
  const cuts = [0, ...[...places].sort((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end)).filter((piece) => piece.length > 0)
}
