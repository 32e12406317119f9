import { limits } from '../limits'
import type { CommittedRows } from './committed-rows'
import { StoreBusy, StoreDamaged, StoreFull, StorePoisoned } from './failure'
import { IndexFailure, type Change, type IndexFile } from './index-file'
import { keys, numberAt } from './keys'
import { Overlay } from './overlay'
import { RowsWriter, type Counters, type UnnamedFiles } from './rows-writer'
import type { Segments } from './segments'
import type { Tx } from './store'
import { blobs, expiry, nodes, state } from './tables'

interface Work {
  readonly run: (tx: Tx) => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** What is written at once, and who waits for it. */
interface Group { readonly group: Overlay, readonly answers: { readonly work: Work, readonly result: unknown }[] }

interface GroupParts {
  readonly index: IndexFile
  readonly committed: CommittedRows
  readonly segments: Segments
  readonly counters: Counters
  readonly unnamed: UnnamedFiles
  readonly clock: () => number
  readonly freeBytes: () => Promise<number>
}

/**
 * The one writer. Invariants: a group is made of everything that was queued when the one before had ended; its works run in
 * order, each on an overlay of its own; bytes are synced before the index that names them is committed, in one commit with
 * the journal's end; promises are answered after that. No timer, so a lone transaction never waits. After a failed sync or
 * commit nobody knows what the disk holds, so nothing is written any more. Nodes that a group frees are removed by the next
 * one: whoever read a root a moment ago can still walk it.
 */
export class GroupWriter {
  private readonly parts: GroupParts
  private queue: Work[] = []
  private running: Promise<void> | undefined
  private freed: number[] = []
  private poisoned: StorePoisoned | undefined
  private ended = false
  private lastSweep = 0
  private free = 0
  private freeAsked = 0

  constructor(parts: GroupParts) {
    this.parts = parts
  }

  /** See Store.transact. */
  transact<Result>(run: (tx: Tx) => Result): Promise<Result> {
    if (this.poisoned !== undefined) return Promise.reject(this.poisoned)
    if (this.ended) return Promise.reject(new Error('the store is closed'))
    return new Promise<Result>((resolve, reject) => {
      // Holds because `resolve` is called with what this `run` returned.
      this.queue.push({ run, resolve: (result) => resolve(result as Result), reject })
      this.running ??= this.loop()
    })
  }

  poison(cause: unknown): void {
    this.poisoned ??= new StorePoisoned(cause)
  }

  /** Ends when all that was queued is durable; takes nothing more. */
  async end(): Promise<void> {
    this.ended = true
    await this.running
    if (this.freed.length === 0 || this.poisoned !== undefined) return
    try {
      await this.flush(new Overlay(this.parts.committed))
    } catch {
      // Only garbage stays behind; nobody waits for an answer.
    }
  }

  /** Runs while there is work, and never rejects: a group's failure goes to those who are in it. */
  private async loop(): Promise<void> {
    // What is called in the same turn belongs in the same group.
    await undefined
    while (this.queue.length > 0) {
      if (this.poisoned !== undefined) {
        for (const work of this.queue.splice(0)) work.reject(this.poisoned)
        break
      }
      try {
        await this.write(this.runGroup())
      } catch (error) {
        // Works answer for their own errors, so this is one of the writer's: a group that is half made is never written.
        this.poison(error)
      }
    }
    this.running = undefined
  }

  /** Makes a group durable and answers those who are in it. */
  private async write({ group, answers }: Group): Promise<void> {
    try {
      await this.flush(group)
    } catch (error) {
      for (const { work } of answers) work.reject(error)
      return
    }
    for (const { work, result } of answers) work.resolve(result)
  }

  /**
   * Runs the queue's works, in order, as far as one group goes, and takes them from the queue. A work that throws leaves nothing
   * behind but used-up ids; what throws beside the works leaves them all in the queue.
   */
  private runGroup(): Group {
    const { committed, counters, unnamed, clock } = this.parts
    counters.time = Math.max(counters.time, clock())
    const group = new Overlay(committed)
    this.sweep(group)
    const answers: Group['answers'] = []
    let taken = 0
    for (const work of this.queue) {
      if (taken > 0 && (group.weight > limits.groupBytesMax || taken >= limits.groupWorksMax)) break
      taken++
      const overlay = new Overlay(group)
      const tx = new RowsWriter(overlay, counters, unnamed)
      let result: unknown
      try {
        result = work.run(tx)
        if (result instanceof Promise) throw new TypeError('a transaction is synchronous')
        tx.end()
      } catch (error) {
        work.reject(error)
        continue
      }
      group.merge(overlay)
      answers.push({ work, result })
    }
    this.queue.splice(0, taken)
    return { group, answers }
  }

  /**
   * Makes a group durable: bytes and their sync, then one commit of the index. Only a full disk and a file that could not be opened
   * are survived.
   */
  private async flush(group: Overlay): Promise<void> {
    const { index, committed, segments, counters } = this.parts
    if (group.isEmpty() && this.freed.length === 0) return
    this.claim(group, true)
    try {
      const [{ rows, lsn }, roomy] = await Promise.all([segments.append(group.blobs), this.isRoomy()])
      if (!roomy) {
        await segments.rollBack()
        throw new StoreFull(new Error('the room that is left is the index\'s reserve'))
      }
      for (const row of rows) group.put(blobs, keys.number(row.id), row)
      const changes: Change[] = group.changes()
      for (const id of this.freed) changes.push({ database: nodes.database, key: keys.number(id), value: undefined })
      changes.push({ database: state.database, key: keys.state, value: state.encode({ ...counters, lsn }) })
      try {
        await index.commit(changes)
      } catch (error) {
        if (!(error instanceof IndexFailure && error.full)) throw error
        await segments.rollBack()
        throw new StoreFull(error)
      }
      counters.lsn = lsn
      await segments.accept(lsn)
      this.freed = group.freedNodes()
      committed.accept(group)
      for (const id of group.blobFiles) this.parts.unnamed.delete(id)
    } catch (error) {
      if (error instanceof StoreFull || error instanceof StoreBusy) {
        this.claim(group, false)
        throw error
      }
      this.poison(error)
      throw this.poisoned
    }
  }

  /** Whether the index can grow. Asked while the segment is being synced, so that it costs no time. */
  private async isRoomy(): Promise<boolean> {
    const { counters, freeBytes } = this.parts
    if (this.free < limits.scarceBytes || counters.time >= this.freeAsked + limits.freeSpaceCheckMs) {
      this.freeAsked = counters.time
      try {
        this.free = await freeBytes()
      } catch {
        // Not every file system tells; then the disk itself must say that it is full.
        this.free = Infinity
      }
    }
    return this.free >= limits.indexReserveBytes
  }

  /** While a group is on its way its blob files must not be removed, although no durable row names them yet. */
  private claim(group: Overlay, claimed: boolean): void {
    for (const id of group.blobFiles) {
      const file = this.parts.unnamed.get(id)
      if (file !== undefined) file.claimed = claimed
    }
  }

  /** Expired file sets go with the next group; their bytes stay on disk. */
  private sweep(group: Overlay): void {
    const { committed, counters, unnamed } = this.parts
    if (counters.time < this.lastSweep + limits.sweepEveryMs) return
    const tx = new RowsWriter(group, counters, unnamed)
    let swept = 0
    for (const [key] of committed.range(expiry, keys.number(0), keys.number(counters.time + 1))) {
      if (swept++ === limits.sweptFileSetsMax) return
      if (numberAt(key, 0) > counters.time) continue
      try {
        tx.deleteFileSet(key.slice(6))
      } catch (error) {
        // A row that cannot be read stays: nobody can use it, and nobody's work may end because of it.
        if (!(error instanceof StoreDamaged)) throw error
      }
    }
    this.lastSweep = counters.time
  }
}
