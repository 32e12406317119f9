/** Those who wait for an open commit to be finished. Kept in memory: an open commit can only change in this process. */
export class CommitWaiters {
  private readonly waiting = new Map<number, Array<(outcome: 'finished' | 'deleted') => void>>()

  /** Resolves once the commit, which is open now, is finished or removed. */
  wait(seq: number): Promise<'finished' | 'deleted'> {
    return new Promise((resolve) => {
      const waiting = this.waiting.get(seq)
      if (waiting === undefined) this.waiting.set(seq, [resolve])
      else waiting.push(resolve)
    })
  }

  finished(seq: number): void {
    this.tell(seq, 'finished')
  }

  deleted(seqs: Iterable<number>): void {
    if (this.waiting.size === 0) return
    for (const seq of seqs) this.tell(seq, 'deleted')
  }

  private tell(seq: number, outcome: 'finished' | 'deleted'): void {
    const waiting = this.waiting.get(seq)
    if (waiting === undefined) return
    this.waiting.delete(seq)
    for (const resolve of waiting) resolve(outcome)
  }
}
