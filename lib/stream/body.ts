import type { LinkedList } from '../kit/linked-list'
import { limits } from '../limits'
import type { ChecksumAlgorithm } from '../s3/checksum'
import { S3Error } from '../s3/error'
import { BodyLost } from './body-lost'
import { Checks } from './checks'
import { IdleWatch, type Watched } from './idle-watch'
import type { Plan } from './plan'

/** A request's body, with every promise that the head made about it. */
export interface Body {
  /** Length of the content where the head says it (decoded, for aws-chunked). */
  readonly length: number | undefined
  /**
   * Sends the content through every check into `sink`; called at most once. Resolves when the last byte is in the sink and
   * all checks have passed; rejects with the S3Error of the first that failed, or with a BodyLost when the client is gone.
   * The sink is left to its owner, who discards it.
   */
  into(sink: Sink): Promise<Verdict>
}

export interface Sink {
  /** Takes over the chunk. A promise asks to wait; a rejection ends the body with that error. */
  write(chunk: Buffer): Promise<void> | undefined
}

/** What is known of a body that passed. Digests are raw bytes. */
export interface Verdict {
  readonly size: number
  /** Where the plan asked for it. */
  readonly md5: Buffer | undefined
  /** The checksum that the client sent (in header or trailer) and that was verified. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm, readonly digest: Buffer } | undefined
}

/** The raw bytes of a body, HTTP's own framing taken off. */
export interface BodySource {
  /**
   * Starts the flow and, where the client waits for it, sends `100 Continue` first; called once. `lost` comes instead of
   * `end` when what came is not the whole body.
   */
  start(receiver: { data(chunk: Buffer): void, end(): void, lost(): void }): void
  pause(): void
  resume(): void
  /** True while nothing comes because nothing is read. */
  resting(): boolean
}

/** The bodies of the whole process share one timer. */
const idleWatch = new IdleWatch()

/** Nothing of the source is read before `into`. */
export function openBody(plan: Plan, source: BodySource, watch: IdleWatch = idleWatch): Body {
  return new RequestBody(plan, source, watch)
}

/**
 * Invariants:
 * - There is no stream between source and sink: each piece that comes in runs through all checks at once, and its content
 *   goes on to the sink in the same turn.
 * - While a write is pending the source is paused and content waits in `queue`. That is never more than the rest of the one
 *   piece that was being checked, because a paused source sends nothing.
 * - It settles once. After that nothing is read, written or timed, and late calls of source and sink find nobody at home.
 */
class RequestBody implements Body, Watched {
  previous: Watched | undefined
  next: Watched | undefined
  list: LinkedList<Watched> | undefined
  readonly length: number | undefined
  private readonly plan: Plan
  private readonly source: BodySource
  private readonly watch: IdleWatch
  private readonly queue: Buffer[] = []
  private sink: Sink | undefined
  private checks: Checks | undefined
  private verdict: Verdict | undefined
  private waiting = false
  private settled = false
  private idleMs = 0
  private windowMs = 0
  private windowBytes = 0
  private resolve: (verdict: Verdict) => void = () => undefined
  private reject: (error: unknown) => void = () => undefined

  constructor(plan: Plan, source: BodySource, watch: IdleWatch) {
    this.plan = plan
    this.source = source
    this.watch = watch
    this.length = plan.length
  }

  into(sink: Sink): Promise<Verdict> {
    if (this.sink !== undefined) return Promise.reject(new Error('a body can be taken once'))
    this.sink = sink
    const loading = Checks.loading(this.plan)
    return loading === undefined ? this.run() : loading.then(() => this.run())
  }

  private run(): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
      this.checks = new Checks(this.plan, (content) => { this.deliver(content) })
      if (this.plan.length === 0 && this.plan.framing.kind === 'plain') {
        this.end()
        return
      }
      this.watch.add(this)
      this.source.start(this)
    })
  }

  data(chunk: Buffer): void {
    if (this.settled) return
    this.idleMs = 0
    this.windowBytes += chunk.length
    try {
      this.checks?.push(chunk)
    } catch (error) {
      this.fail(error)
    }
  }

  end(): void {
    if (this.settled) return
    try {
      this.verdict = this.checks?.end()
    } catch (error) {
      this.fail(error)
      return
    }
    if (!this.waiting) this.pass()
  }

  lost(): void {
    if (!this.settled) this.fail(new BodyLost())
  }

  /** Time counts against the client only while we wait for it, not while the sink or the source makes it wait. */
  tick(ms: number): void {
    if (this.waiting || this.source.resting()) return
    this.idleMs += ms
    this.windowMs += ms
    const idle = this.idleMs > limits.bodyIdleMsMax
    const slow = this.windowMs >= limits.bodyRateWindowMs && this.windowBytes < limits.bodyRateBytesMin
    if (idle || slow) {
      // The rest of the body may come at any time: this connection cannot carry another request.
      this.fail(new S3Error('RequestTimeout', {}, { headers: [['Connection', 'close']] }))
    } else if (this.windowMs >= limits.bodyRateWindowMs) {
      this.windowMs = 0
      this.windowBytes = 0
    }
  }

  private deliver(content: Buffer): void {
    if (this.settled) return
    if (this.waiting) this.queue.push(content)
    else this.write(content)
  }

  private write(content: Buffer): void {
    let pending: Promise<void> | undefined
    try {
      pending = this.sink?.write(content)
    } catch (error) {
      this.fail(error)
      return
    }
    if (pending === undefined) return
    this.waiting = true
    this.source.pause()
    pending.then(() => { this.goOn() }, (error: unknown) => { this.fail(error) })
  }

  private goOn(): void {
    if (this.settled) return
    this.waiting = false
    // A write fails or asks to wait from inside `write`, which the compiler does not see.
    while (this.ready()) {
      const content = this.queue.shift()
      if (content === undefined) {
        if (this.verdict === undefined) this.source.resume()
        else this.pass()
        return
      }
      this.write(content)
    }
  }

  private ready(): boolean {
    return !this.waiting && !this.settled
  }

  private pass(): void {
    // `end` has set it, or has failed.
    if (this.verdict === undefined || !this.settle()) return
    this.resolve(this.verdict)
  }

  private fail(error: unknown): void {
    if (!this.settle()) return
    this.queue.length = 0
    this.source.pause()
    this.reject(error)
  }

  private settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.checks = undefined
    this.watch.delete(this)
    return true
  }
}
