import type { ServerResponse } from 'node:http'
import { type Linked, LinkedList } from '../kit/linked-list'
import { limits } from '../limits'
import { connectionOf, sendQueues } from './send-queues'

/** A reply that may wait for its client to take what it has written. */
export abstract class UnsentReply implements Linked<UnsentReply> {
  previous: UnsentReply | undefined
  next: UnsentReply | undefined
  list: LinkedList<UnsentReply> | undefined
  /** Bytes of memory that it holds until the client has taken what is written. */
  held = 0
  /** What of that is counted, and for how many ticks its client took nothing. */
  counted = 0
  ticks = 0
  /** What the kernel held for the client when it was looked at first, or was last seen to have moved; undefined: it was not yet. */
  queued: number | undefined
  /** Its client was seen to stall and to go on. */
  goesOn = false
  readonly res: ServerResponse

  constructor(res: ServerResponse) {
    this.res = res
  }

  /** Lets go of what can be read again. Called once for each wait. */
  abstract park(): void

  /** How long its client may take nothing while all replies hold `total` bytes, ms. */
  patience(total: number): number {
    if (total <= limits.unsentBytesMax) return limits.replyIdleMsMax
    return this.goesOn && total <= limits.unsentLastBytesMax ? limits.unsentPauseMs : limits.unsentStallMs
  }

  /** Notes what the kernel holds for the client; true: it has taken a good deal since it was noted before. */
  hasMoved(queues: ReadonlyMap<number, number>): boolean {
    const { socket } = this.res
    const connection = socket === null ? undefined : connectionOf(socket)
    const queued = connection === undefined ? undefined : queues.get(connection)
    if (queued === undefined) return false
    const before = this.queued
    // What is less adds up: the figure stays until then.
    if (before !== undefined && Math.abs(queued - before) < limits.replyTakenBytesMin) return false
    this.queued = queued
    return before !== undefined
  }

  /** Gives the reply up. */
  cut(): void {
    this.res.destroy()
  }
}

const tickMs = 500

/**
 * What all replies together hold that their clients have not taken. A client that stops reading must hold neither its reply
 * for ever nor the memory of the process: after a while its reply is parked, later it is given up, and sooner where all that
 * wait hold too much. A slow client takes long to make room in the kernel for the next write, so the kernel is asked whether it
 * took anything meanwhile. One coarse timer counts for all of them, and so a stall of this process never counts as theirs.
 */
class Unsent {
  /** Both in the order in which their clients last took something: those that have stalled longest come first. */
  private readonly unparked = new LinkedList<UnsentReply>()
  private readonly parked = new LinkedList<UnsentReply>()
  private timer: NodeJS.Timeout | undefined
  private total = 0
  /** Ticks since the last look at what the kernel holds; none while one is under way. */
  private sinceLook: number | undefined = 0

  /** Whether so much more may be written as it is. */
  hasRoom(bytes: number): boolean {
    return this.total + bytes <= limits.unsentWholeBytesMax
  }

  /** `reply` has written something, and holds as much as it says. Counting begins anew. */
  wait(reply: UnsentReply): void {
    this.done(reply)
    reply.counted = reply.held
    if (reply.ticks > 0) reply.goesOn = true
    reply.ticks = 0
    reply.queued = undefined
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
    if (this.sinceLook === undefined || ++this.sinceLook * tickMs < limits.replyLookMs) return
    // Whoever has waited for long is parked.
    if ((this.parked.first?.ticks ?? 0) * tickMs >= limits.replyLookMs) void this.look()
  }

  private age(reply: UnsentReply): void {
    const stalledMs = ++reply.ticks * tickMs
    if (stalledMs >= limits.replyParkMs && reply.list === this.unparked) this.park(reply)
    if (stalledMs <= reply.patience(this.total)) return
    this.done(reply)
    reply.cut()
  }

  private async look(): Promise<void> {
    this.sinceLook = undefined
    const queues = await sendQueues()
    this.sinceLook = 0
    const moved: UnsentReply[] = []
    this.parked.each((reply) => { if (reply.hasMoved(queues)) moved.push(reply) })
    for (const reply of moved) {
      reply.goesOn = true
      reply.ticks = 0
      this.parked.remove(reply)
      this.parked.append(reply)
    }
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
