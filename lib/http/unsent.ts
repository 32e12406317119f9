import { type Linked, LinkedList } from '../kit/linked-list'
import { limits } from '../limits'

/** A reply that may wait for its client to take what it has written. */
export abstract class UnsentReply implements Linked<UnsentReply> {
  previous: UnsentReply | undefined
  next: UnsentReply | undefined
  list: LinkedList<UnsentReply> | undefined
  /** Bytes of memory that it holds until the client has taken what is written. */
  held = 0
  /** What of that is counted, and for how many ticks it has waited. */
  counted = 0
  ticks = 0

  /** Lets go of what can be read again. Called once for each wait. */
  abstract park(): void
  /** Gives the reply up. */
  abstract cut(): void
}

const tickMs = 500

/**
 * What all replies together hold that their clients have not taken. A client that stops reading must hold neither its reply
 * for ever nor the memory of the process: after a while its reply is parked, later it is given up, and sooner where all that
 * wait hold too much. One coarse timer counts for all of them, and so a stall of this process never counts as theirs.
 */
class Unsent {
  /** Both in the order in which they began to wait: those that have stalled longest come first. */
  private readonly unparked = new LinkedList<UnsentReply>()
  private readonly parked = new LinkedList<UnsentReply>()
  private timer: NodeJS.Timeout | undefined
  private total = 0

  /** Whether so much more may be written as it is. */
  hasRoom(bytes: number): boolean {
    return this.total + bytes <= limits.unsentWholeBytesMax
  }

  /** `reply` has written something, and holds as much as it says. Counting begins anew. */
  wait(reply: UnsentReply): void {
    this.done(reply)
    reply.counted = reply.held
    reply.ticks = 0
    this.total += reply.counted
    this.unparked.append(reply)
    this.timer ??= setInterval(() => { this.tick() }, tickMs).unref()
    if (this.total <= limits.unsentParkBytes) return
    for (let oldest = this.unparked.first; oldest !== undefined && oldest !== reply; oldest = this.unparked.first) {
      if (this.total <= limits.unsentParkBytes) break
      this.park(oldest)
    }
  }

  /** The client has taken all, or is gone. */
  done(reply: UnsentReply): void {
    if (reply.list === undefined) return
    this.total -= reply.counted
    reply.list.remove(reply)
  }

  private tick(): void {
    if (this.parked.size + this.unparked.size === 0) {
      clearInterval(this.timer)
      this.timer = undefined
      return
    }
    // One that is parked here is not looked at twice: those that are parked already come first.
    this.parked.each((reply) => { this.age(reply) })
    this.unparked.each((reply) => { this.age(reply) })
  }

  private age(reply: UnsentReply): void {
    const stalledMs = ++reply.ticks * tickMs
    if (stalledMs >= limits.replyParkMs && reply.list === this.unparked) this.park(reply)
    const tooMuch = this.total > limits.unsentBytesMax && stalledMs > limits.unsentStallMs
    if (!tooMuch && stalledMs <= limits.replyIdleMsMax) return
    this.done(reply)
    reply.cut()
  }

  private park(reply: UnsentReply): void {
    this.unparked.remove(reply)
    this.parked.append(reply)
    reply.park()
    this.total += reply.held - reply.counted
    reply.counted = reply.held
  }
}

export const unsent = new Unsent()
