import { Committer, type Committing } from './committer'
import type { Change, Written } from './contract'
import type { BranchRef } from './ref'
import { branchKey } from './wire-ref'

/** The committers of the branches that are being written to: made on demand, dropped when their queue is empty. */
export class Committers {
  private readonly shared: Committing
  private readonly active = new Map<string, Committer>()

  constructor(shared: Committing) {
    this.shared = shared
  }

  write(branch: BranchRef, change: Change): Promise<Written> {
    return this.of(branch).write(change)
  }

  /** Runs `work` while no commit of the branch is under way. */
  alone<Result>(branch: BranchRef, work: () => Promise<Result>): Promise<Result> {
    return this.of(branch).alone(work)
  }

  private of(branch: BranchRef): Committer {
    const key = branchKey(branch)
    const active = this.active.get(key)
    if (active !== undefined) return active
    const made = new Committer(this.shared, branch, () => { this.active.delete(key) })
    this.active.set(key, made)
    return made
  }
}
