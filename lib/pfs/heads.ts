import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import type { Commits, CommitState } from './commits'
import { isPfsError, orPfsError, PfsError } from './failure'
import type { BranchRef } from './ref'
import type { Transport } from './transport'
import { branchKey, wireBranch } from './wire-ref'

/** A branch at one moment. */
export interface Head {
  /** The commit that the branch points at. */
  readonly head: string
  readonly state: CommitState['state']
  /** The commit that readers see: the nearest finished, error-free one. '' where the branch has none yet: it is empty. */
  readonly commit: string
  /** When that commit was finished, ms since 1970. */
  readonly time: number
  /** When the branch was created, ms since 1970, where it was asked for. */
  readonly created?: number | undefined
}

/**
 * Where branches point. A read is strong: it sees every write that was acknowledged before it began. So two reads share one
 * look-up only if that began after both had arrived: a reader who finds one under way waits for the next, which it shares with
 * all who come meanwhile. What is remembered serves readers who allow an age.
 */
export class Heads {
  private readonly transport: Transport
  private readonly commits: Commits
  private readonly ageMsMax: number
  private readonly known = new LRUCache<string, { readonly head: Head, readonly since: number }>({ max: limits.rememberedHeadsMax })
  private readonly running = new Map<string, { readonly now: Promise<Head>, next: Promise<Head> | undefined }>()

  constructor(transport: Transport, commits: Commits, ageMsMax: number) {
    this.transport = transport
    this.commits = commits
    this.ageMsMax = ageMsMax
  }

  /** The head as a read must see it. no-bucket. */
  read(branch: BranchRef): Promise<Head> {
    if (this.ageMsMax > 0) {
      const known = this.known.get(branchKey(branch))
      if (known !== undefined && performance.now() - known.since <= this.ageMsMax) return Promise.resolve(known.head)
    }
    return this.fresh(branch)
  }

  /** The head at some moment after this call. no-bucket. */
  fresh(branch: BranchRef): Promise<Head> {
    const key = branchKey(branch)
    const running = this.running.get(key)
    if (running === undefined) return this.begin(branch, key)
    const again = (): Promise<Head> => this.begin(branch, key)
    running.next ??= running.now.then(again, again)
    return running.next
  }

  private begin(branch: BranchRef, key: string): Promise<Head> {
    const since = performance.now()
    const entry = { now: this.inspect(branch), next: undefined }
    this.running.set(key, entry)
    const done = (): void => { if (this.running.get(key) === entry) this.running.delete(key) }
    entry.now.then((head) => {
      done()
      // A write that was acknowledged meanwhile knows better.
      if ((this.known.get(key)?.since ?? -1) <= since) this.known.set(key, { head, since })
    }, (error: unknown) => {
      done()
      if (isPfsError(error, 'no-bucket')) this.known.delete(key)
    })
    return entry.now
  }

  /** Between two calls another client may drop the head that the first one told: then there is another. */
  private async inspect(branch: BranchRef): Promise<Head> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.look(branch)
      } catch (error) {
        if (!isPfsError(error, 'no-version')) throw error
        if (tries === limits.headMovesMax) throw new PfsError('exhausted', 'the head of the branch moves too fast', error)
      }
    }
  }

  private async look(branch: BranchRef): Promise<Head> {
    const info = await orPfsError(this.transport.unary('/pfs_v2.API/InspectBranch', { branch: wireBranch(branch) }))
    const head = info.head?.id
    if (head === undefined) throw new PfsError('internal', 'a branch without a head')
    const { state, time } = await this.commits.inspect(branch, head)
    const created = info.created_at?.seconds === undefined ? undefined : info.created_at.seconds * 1000
    if (state === 'finished') return { head, state, commit: head, time, created }
    const nearest = await this.commits.nearest(branch, head)
    return { head, state, commit: nearest?.commit ?? '', time: nearest?.time ?? 0, created }
  }

  /** A write of ours made this commit, finished, the head; another client's may be on top of it by now. */
  wrote(branch: BranchRef, commit: string, time: number): void {
    this.commits.learn(branch, { commit, time })
    this.known.set(branchKey(branch), { head: { head: commit, state: 'finished', commit, time }, since: performance.now() })
  }

  forget(branch: BranchRef): void {
    this.known.delete(branchKey(branch))
  }
}
