import { type Linked, LinkedList } from '../kit/linked-list'

const tickMs = 1000

export interface Watched extends Linked<Watched> {
  /** One tick has passed, `ms` after the last one. */
  tick(ms: number): void
}

/**
 * One coarse timer for every body that is being read, so that a request costs a link in a list and no timer of its own.
 * It runs while there is something to watch, stops at the first tick that finds nothing, and never keeps the process alive.
 */
export class IdleWatch {
  private readonly watched = new LinkedList<Watched>()
  private timer: NodeJS.Timeout | undefined

  get size(): number {
    return this.watched.size
  }

  get running(): boolean {
    return this.timer !== undefined
  }

  add(watched: Watched): void {
    this.watched.append(watched)
    this.timer ??= setInterval(() => { this.tick() }, tickMs).unref()
  }

  delete(watched: Watched): void {
    this.watched.remove(watched)
  }

  tick(): void {
    if (this.watched.size === 0) {
      clearInterval(this.timer)
      this.timer = undefined
      return
    }
    this.watched.each((each) => { each.tick(tickMs) })
  }
}
