/**
 * Lets the event loop come round while much is to be done. libuv takes in one new connection each time it does, after it has read
 * whatever came on those that stand; were all of that answered at once, a connection that waits to be taken in would wait for
 * every other client, once for each that stands before it. So what is begun in one turn takes `msMax`, and no more than its
 * last work beyond; what is left waits, first come first served, until the loop has been round.
 */
export class Turns {
  private readonly msMax: number
  /** ms of any clock that never goes back. */
  private readonly now: () => number
  private readonly waiting: (() => void)[] = []
  /** When the turn began; undefined: the loop has been round since. */
  private began: number | undefined

  constructor(msMax: number, now: () => number = () => performance.now()) {
    this.msMax = msMax
    this.now = now
  }

  /** Runs `work` now, where this turn has time left and nobody waits, else later. It must not throw. */
  run(work: () => void): void {
    if (this.began === undefined) this.begin()
    if (this.waiting.length > 0 || !this.hasTime()) this.waiting.push(work)
    else work()
  }

  private begin(): void {
    this.began = this.now()
    setImmediate(() => { this.next() })
  }

  private hasTime(): boolean {
    return this.began !== undefined && this.now() - this.began < this.msMax
  }

  private readonly next = (): void => {
    this.began = undefined
    if (this.waiting.length === 0) return
    this.begin()
    this.go()
  }

  private readonly go = (): void => {
    const work = this.waiting.shift()
    if (work === undefined) return
    work()
    // Most of the work is done in promises: behind those it is known what it took.
    if (this.waiting.length > 0) queueMicrotask(() => process.nextTick(this.goOn))
  }

  private readonly goOn = (): void => {
    if (this.hasTime()) this.go()
  }
}
