import { limits } from '../limits'

/** A reply that waits for its client to take what it has written. */
interface Waiting {
  /** Bytes of memory that it holds until then. */
  readonly held: number
  /** Lets go of what can be read again. Called once for each wait. */
  park(): void
  /** Gives the reply up. */
  cut(): void
}

const tickMs = 500

/**
 * What all replies together hold that their clients have not taken. A client that stops reading must hold neither its reply
 * for ever nor the memory of the process: after a while its reply is parked, later it is given up, and sooner where all that
 * wait hold too much. One coarse timer counts for all of them, and so a stall of this process never counts as theirs.
 */
class Unsent {
  /** In the order in which they began to wait, as in `unparked`: those that have stalled longest come first. */
  private readonly waits = new Map<Waiting, { held: number, ticks: number }>()
  private readonly unparked = new Set<Waiting>()
  private timer: NodeJS.Timeout | undefined
  private total = 0

  /** Whether so much more may be written as it is. */
  hasRoom(bytes: number): boolean {
    return this.total + bytes <= limits.unsentWholeBytesMax
  }

  /** `reply` has written something, and holds as much as it says. Counting begins anew. */
  wait(reply: Waiting): void {
    this.done(reply)
    this.total += reply.held
    this.waits.set(reply, { held: reply.held, ticks: 0 })
    this.unparked.add(reply)
    this.timer ??= setInterval(() => { this.tick() }, tickMs).unref()
    if (this.total <= limits.unsentParkBytes) return
    for (const oldest of this.unparked) {
      if (oldest !== reply) this.park(oldest)
      if (this.total <= limits.unsentParkBytes) break
    }
  }

  /** The client has taken all, or is gone. */
  done(reply: Waiting): void {
    this.total -= this.waits.get(reply)?.held ?? 0
    this.waits.delete(reply)
    this.unparked.delete(reply)
  }

  private tick(): void {
    if (this.waits.size === 0) {
      clearInterval(this.timer)
      this.timer = undefined
      return
    }
    for (const [reply, wait] of this.waits) {
      const stalledMs = ++wait.ticks * tickMs
      if (stalledMs >= limits.replyParkMs && this.unparked.has(reply)) this.park(reply)
      const tooMuch = this.total > limits.unsentBytesMax && stalledMs > limits.unsentStallMs
      if (!tooMuch && stalledMs <= limits.replyIdleMsMax) continue
      this.done(reply)
      reply.cut()
    }
  }

  private park(reply: Waiting): void {
    this.unparked.delete(reply)
    const wait = this.waits.get(reply)
    if (wait === undefined) return
    reply.park()
    this.total += reply.held - wait.held
    wait.held = reply.held
  }
}

export const unsent = new Unsent()
