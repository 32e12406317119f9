import { setTimeout as pause } from 'node:timers/promises'
import { limits } from '../limits'
import { takeBatches, type Alone, type Waiting } from './batch'
import type { Capabilities } from './capabilities'
import type { Commits, FinishedCommit } from './commits'
import type { Change, Stat, Written } from './contract'
import { isPfsError, PfsError, type PfsErrorKind } from './failure'
import type { Files } from './files'
import type { Head, Heads } from './heads'
import { isConditional, judgeChange, judgedKeys, type Judged } from './judge-change'
import { letGo } from './let-go'
import { closedHead, commitOf, modify } from './modify'
import { requirePath } from './path'
import { bucketName, type BranchRef } from './ref'
import type { Tree } from './stat'
import type { Transport } from './transport'

/** What all committers share. */
export interface Committing {
  readonly transport: Transport
  readonly capabilities: Capabilities
  readonly commits: Commits
  readonly heads: Heads
  readonly files: Files
}

/** Failures that say nothing of the members of a batch: trying them one by one would only repeat them. */
const notOfOneMember: ReadonlySet<PfsErrorKind> = new Set(['unavailable', 'exhausted', 'full', 'unauthenticated', 'head-open', 'abandoned'])

/**
 * Makes the commits of one branch. Changes that come while one is under way wait in the queue, and when it returns, all that fit
 * together are the next. Nothing is timed, so a lone change starts at once. Changes of one key take a commit each, since each is
 * a version: where the server takes calls in order they are sent one behind the other, without waiting for the answers.
 *
 * A batch without conditions is built on whatever head there is: the server makes sure that there is one, and that nobody holds
 * it open, so that no other writer can make it fail. A batch of conditions is judged first: the server is told which files were
 * there and refuses a head that has others, after which the batch is judged again. Every change is answered exactly once, on its
 * own: a refused lenient edit is left out, a refused strict edit refuses its change, and neither disturbs the others.
 */
export class Committer {
  private readonly shared: Committing
  private readonly branch: BranchRef
  private readonly idle: () => void
  /** Commits of companions go as soon as they have a successor: files are asked of the branch, and not of its head. */
  private readonly fleeting: boolean
  private queue: (Waiting | Alone)[] = []
  private running = false

  constructor(shared: Committing, branch: BranchRef, idle: () => void) {
    this.shared = shared
    this.branch = branch
    this.idle = idle
    this.fleeting = branch.type === 'meta'
  }

  write(change: Change): Promise<Written> {
    return new Promise((resolve, reject) => {
      const answer = (written: Written): void => { letGo(change, false); resolve(written) }
      const refuse = (error: unknown): void => { letGo(change, true); reject(error) }
      try {
        for (const edit of change.edits) if (edit.kind === 'put') requirePath(edit.key, this.shared.capabilities.paths)
      } catch (error) {
        refuse(error)
        return
      }
      this.enqueue({ kind: 'change', change, since: performance.now(), answer, refuse })
    })
  }

  /** Runs `work` while no commit of this branch is under way. */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.enqueue({ kind: 'alone', work: () => work().then(resolve, reject) })
    })
  }

  private enqueue(item: Waiting | Alone): void {
    this.queue.push(item)
    if (this.running) return
    this.running = true
    void this.run()
  }

  private async run(): Promise<void> {
    while (this.queue.length > 0) {
      const [first] = this.queue
      if (first?.kind === 'alone') {
        this.queue.shift()
        await first.work()
        continue
      }
      const { batches, rest } = takeBatches(this.queue, this.batchesMax())
      this.queue = rest
      await Promise.all(batches.map((batch) => this.commit(batch)))
    }
    this.running = false
    this.idle()
  }

  /** Only calls that are carried out in order, and for which nothing is looked up, can be under way together. */
  private batchesMax(): number {
    const { transport, capabilities } = this.shared
    return transport.ordered === true && capabilities.expectedHead && capabilities.commitId ? limits.batchesAtOnceMax : 1
  }

  /** Answers every member; never rejects. */
  private async commit(members: readonly Waiting[]): Promise<void> {
    const { capabilities } = this.shared
    const conditional = members.some(({ change }) => isConditional(change))
    let live = members
    // Without a head to build on, no member is to blame.
    let based = false
    try {
      // Waiting for an open head counts from when a change came: those behind it, of the same key, wait no longer than it did.
      const until = Math.max(...members.map(({ since }) => since)) + limits.headOpenMsMax
      let looks = (conditional && !this.fleeting) || !capabilities.expectedHead || !capabilities.commitId
      for (let tries = 0; tries <= limits.headMovesMax; tries++) {
        based = false
        const base = looks ? await this.base(until) : undefined
        based = true
        try {
          const going = conditional ? await this.judge(live, this.fleeting ? undefined : base) : live.map(unjudged)
          live = going.map(({ member }) => member)
          if (live.length === 0) return
          const made = await this.modify(going, base)
          for (const { member, refused } of going) member.answer({ version: made.commit, time: new Date(made.time), refused })
          return
        } catch (error) {
          if (!isPfsError(error, 'head-moved')) throw error
          looks = true
        }
        if (conditional) await pause(Math.random() * Math.min(2 ** tries, limits.headMovedMsMax))
      }
      throw new PfsError('exhausted', 'the head of the branch moves too fast')
    } catch (error) {
      if (based && live.length > 1 && !(error instanceof PfsError && notOfOneMember.has(error.kind))) {
        for (const member of live) await this.commit([member])
      } else for (const member of live) member.refuse(error)
    }
  }

  /** The head to build on, finished. no-bucket, head-open. */
  private async base(until: number): Promise<Head> {
    const { commits, heads } = this.shared
    for (;;) {
      const head = await heads.fresh(this.branch)
      if (head.state === 'finished' || head.state === 'errored') return head
      const left = Math.ceil(until - performance.now())
      const open = new PfsError('head-open', `the branch waits for its open commit ${head.head}`, undefined, head.head)
      if (left <= 0) throw open
      await commits.wait(this.branch, head.head, left).catch((error: unknown) => {
        // A commit that is removed while it is waited for leaves another head.
        if (!isPfsError(error, 'no-version')) throw isPfsError(error, 'unavailable') ? open : error
      })
    }
  }

  /**
   * Puts every condition to the state at `base`, or in the branch as it is; refused changes are answered and missing from the
   * result.
   */
  private async judge(members: readonly Waiting[], base: Head | undefined): Promise<Going[]> {
    const current = await this.current(new Set(members.flatMap(({ change }) => judgedKeys(change))), base)
    const going: Going[] = []
    for (const member of members) {
      try {
        const judged = judgeChange(member.change, current)
        const seen = judgedKeys(member.change).map((key) => [key, current.get(key)?.revision] as const)
        if (judged.edits.length > 0) {
          going.push({ member, seen, ...judged })
          continue
        }
        const { commit, time } = base ?? await this.shared.heads.fresh(this.branch)
        member.answer({ version: commit, time: new Date(time), refused: judged.refused })
      } catch (error) {
        member.refuse(error)
      }
    }
    return going
  }

  private async current(keys: ReadonlySet<string>, base: Head | undefined): Promise<Map<string, Stat | undefined>> {
    const { files } = this.shared
    const current = new Map<string, Stat | undefined>()
    const { branch } = this
    const tree: Tree | undefined = base && { ...branch, bucket: bucketName(branch), commit: base.commit, asked: undefined }
    const look = async (key: string): Promise<void> => {
      current.set(key, await (tree === undefined ? files.now(branch, key) : files.stat(tree, key)))
    }
    try {
      await Promise.all([...keys].map(look))
    } catch (error) {
      // A commit that was dropped meanwhile is no head any more.
      throw isPfsError(error, 'no-version') ? new PfsError('head-moved', 'the head was dropped', error) : error
    }
    return current
  }

  private async modify(going: readonly Going[], base: Head | undefined): Promise<FinishedCommit> {
    const { transport, capabilities, heads } = this.shared
    const { paths, literal } = capabilities
    const expectedHead = capabilities.expectedHead ? closedHead : undefined
    const expectedFiles = new Map(going.flatMap(({ seen }) => seen))
    const edits = going.flatMap((each) => each.edits)
    const metadata = await modify({ transport, branch: this.branch, paths, literal, expectedHead, expectedFiles }, edits)
    const made = base === undefined || capabilities.commitId ? commitOf(metadata) : await this.findCommit(base.head)
    heads.wrote(this.branch, made.commit, made.time)
    return made
  }

  /**
   * A server that does not name the commit it made answers before it is finished: only then is it known to hold the changes, and
   * only if it has no error. Where others wrote too since `before` was the head, whose commit failed is not known: unavailable.
   */
  private async findCommit(before: string): Promise<FinishedCommit> {
    const { heads, commits } = this.shared
    const seen = await heads.fresh(this.branch)
    const { head } = seen
    const { time } = seen.state === 'finished' ? seen : await commits.wait(this.branch, head, limits.commitMsMax)
    const since = await commits.since(this.branch, head, before)
    if (since?.every(({ state }) => state === 'finished') === true) return { commit: head, time }
    if (since?.length === 1) throw new PfsError('bad-path', 'the server refused a path of the commit')
    throw new PfsError('unavailable', 'what became of the commit is not known')
  }
}

/** A change that goes on. */
interface Going extends Judged {
  readonly member: Waiting
  /** The revisions of the files that it was judged by; undefined: there was none. */
  readonly seen: ReadonlyArray<readonly [key: string, revision: number | undefined]>
}

/** Without a condition nothing is refused. */
function unjudged(member: Waiting): Going {
  return { member, seen: [], ...judgeChange(member.change, new Map()) }
}
