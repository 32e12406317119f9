import { write, writeSync } from 'node:fs'
import { limits } from './limits'

const stderr = 2

/** Lines are gathered for speed: so many characters, or for so long. */
const gatheredCharacters = 4096
const gatherMs = 200

/**
 * Lines on their way to stderr. A disk that is full, a reader that has stalled or gone must neither stop the process nor grow in
 * it: what cannot be written waits, up to a bound, and is tried again; beyond the bound lines are lost, and counted.
 *
 * Invariants:
 * - `rest` is what is written now, one write at a time: `busy` from its begin to its end, or until it may be tried again.
 * - Once a line is lost, so are all that follow, until what waits is written. `tell` is then called with their number, once and
 *   in their place, and may write a line about it.
 */
export class LogWriter {
  private readonly tell: (lost: number) => void
  private rest: Buffer = Buffer.alloc(0)
  private waiting = ''
  private lost = 0
  private writing = false
  private busy = false
  private retryMs = 1
  private emptied: () => void = () => undefined

  constructor(tell: (lost: number) => void) {
    this.tell = tell
    // Node makes a pipe or socket one that refuses what it cannot take, where else a thread would wait in it, for ever perhaps.
    void process.stderr
    setInterval(() => { this.pump() }, gatherMs).unref()
    process.once('exit', () => { this.writeLast() })
  }

  /** Takes a line with its end. */
  write(line: string): void {
    if (this.lost > 0 || this.rest.length + this.waiting.length + line.length > limits.logCharactersMax) {
      this.lost++
      return
    }
    this.waiting += line
    if (this.waiting.length >= gatheredCharacters) this.pump()
  }

  /** Resolves when all is written, or after `msMax`. */
  flush(msMax: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, msMax)
      this.emptied = () => {
        clearTimeout(timer)
        resolve()
      }
      this.pump()
    })
  }

  private pump(): void {
    if (this.busy) return
    if (this.rest.length === 0) {
      this.rest = Buffer.from(this.waiting)
      this.waiting = ''
    }
    if (this.rest.length === 0) {
      this.emptied()
      return
    }
    this.busy = true
    this.writing = true
    write(stderr, this.rest, (error, bytes) => {
      this.writing = false
      if (error === null) this.wrote(bytes)
      else setTimeout(() => { this.goOn() }, this.retryMs = Math.min(this.retryMs * 2, gatherMs)).unref()
    })
  }

  private wrote(bytes: number): void {
    this.rest = this.rest.subarray(bytes)
    this.retryMs = 1
    const { lost } = this
    if (lost > 0 && this.rest.length + this.waiting.length === 0) {
      this.lost = 0
      this.tell(lost)
    }
    this.goOn()
  }

  private goOn(): void {
    this.busy = false
    this.pump()
  }

  /** Nothing can be waited for any more. What a write is about is left to it. */
  private writeLast(): void {
    try {
      writeSync(stderr, Buffer.concat([this.writing ? Buffer.alloc(0) : this.rest, Buffer.from(this.waiting)]))
    } catch {
      // There is nowhere to tell it.
    }
  }
}
