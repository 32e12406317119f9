type Outcome = 'finished' | 'deleted' | 'gone'

/** Those who wait for an open commit to be finished. Kept in memory: an open commit can only change in this process. */
export class CommitWaiters {
  private readonly waiting = new Map<number, Set<(outcome: Outcome) => void>>()

  /** How many wait, for all commits. */
  get count(): number {
    let count = 0
    for (const waiting of this.waiting.values()) count += waiting.size
    return count
  }

  /** Resolves once the commit, which is open now, is finished or removed; or `gone` as soon as nobody waits for that any more. */
  wait(seq: number, onGone: (listener: () => void) => void): Promise<Outcome> {
    return new Promise((resolve) => {
      const waiting = this.waiting.get(seq) ?? new Set()
      this.waiting.set(seq, waiting)
      waiting.add(resolve)
      // A commit may stay open for good while clients come, wait as long as they care to, and leave.
      onGone(() => {
        waiting.delete(resolve)
        if (waiting.size === 0 && this.waiting.get(seq) === waiting) this.waiting.delete(seq)
        resolve('gone')
      })
    })
  }

  finished(seq: number): void {
    this.tell(seq, 'finished')
  }

  deleted(seqs: Iterable<number>): void {
    if (this.waiting.size === 0) return
    for (const seq of seqs) this.tell(seq, 'deleted')
  }

  private tell(seq: number, outcome: Outcome): void {
    const waiting = this.waiting.get(seq)
    if (waiting === undefined) return
    this.waiting.delete(seq)
    for (const resolve of waiting) resolve(outcome)
  }
}
