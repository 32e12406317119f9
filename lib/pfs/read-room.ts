import { Budget } from '../kit/budget'
import { limits } from '../limits'

/**
 * What all reads of files share, so that they hold a bounded amount together however many they are: room for what a call
 * brings ahead of its consumer and, for those who find none, turns to read one piece. A turn lasts
 * until the piece is there; a consumer that stops in the middle of one is parked before long.
 */
export class ReadRoom {
  readonly ahead = new Budget(limits.filesAheadBytesMax)
  private reading = 0
  private readonly queue = new Set<() => void>()

  /** Calls `begin` when it is its turn, perhaps at once. */
  enter(begin: () => void): void {
    if (this.reading < limits.readPiecesMax) {
      this.reading++
      begin()
    } else {
      this.queue.add(begin)
    }
  }

  /** Whoever waits no longer: `begin` is not called. */
  forget(begin: () => void): void {
    this.queue.delete(begin)
  }

  /** Ends a turn. */
  leave(): void {
    const [next] = this.queue
    if (next === undefined) {
      this.reading--
      return
    }
    this.queue.delete(next)
    next()
  }
}
