import type { Socket } from 'node:net'
import { limits } from '../limits'

/**
 * Watches in how small pieces a body comes. In HTTP chunks or TLS records of a byte each, what one read of a socket brings is
 * thousands of pieces, and a few clients could keep the process from everybody else. A connection that brings such crumbs, and
 * brings them fast, rests: it is not read until its turn has come, and of all that rest one is woken at a time, after a pause
 * of twice as long as the turn of the last one took. So crumbs cost a third of the process at the most, however many send them.
 * They are not refused: a pipe without a buffer may well be sent so; nor is its rest counted against a client.
 *
 * Only the socket rests: what a read has brought still flows, since a stream that holds crumbs back takes hundreds of bytes
 * of memory for each.
 */
export class Crumbs {
  private readonly socket: Socket
  private pieces = 0
  private bytes = 0
  private since = 0
  /** Nothing is read of the connection, and that is our doing. */
  resting = false

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** One more piece of the body, of so many bytes. */
  add(bytes: number): void {
    this.bytes += bytes
    if (++this.pieces < limits.crumbPieces) return
    const now = performance.now()
    const fast = now - this.since < limits.crumbWindowMs
    if (fast && this.bytes < limits.crumbBytesMin) this.rest()
    this.pieces = 0
    this.bytes = 0
    this.since = now
  }

  private rest(): void {
    if (this.resting) return
    this.resting = true
    this.socket.pause()
    this.socket.on('resume', this.stay)
    resting.push(this)
    if (!waking) wakeIn(limits.crumbRestMs)
  }

  /** Node makes the socket of a body that is taken as it comes flow again and again. */
  private readonly stay = (): void => { this.socket.pause() }

  /** False: the connection is gone. */
  wake(): boolean {
    this.resting = false
    this.socket.off('resume', this.stay)
    this.socket.resume()
    return !this.socket.destroyed
  }
}

/** In the order in which they came to rest. */
const resting: Crumbs[] = []
/** Someone will be woken; until then whoever comes to rest need only wait. */
let waking = false

function wakeIn(ms: number): void {
  waking = true
  setTimeout(wakeNext, ms).unref()
}

function wakeNext(): void {
  waking = false
  const began = performance.now()
  for (let next = resting.shift(); next !== undefined; next = resting.shift()) {
    if (!next.wake()) continue
    waking = true
    // What the one that was woken brings is read, and dealt with, before the second turn from now.
    setImmediate(() => setImmediate(() => {
      wakeIn(Math.min(limits.crumbRestMs, Math.max(1, 2 * (performance.now() - began))))
    }))
    return
  }
}
