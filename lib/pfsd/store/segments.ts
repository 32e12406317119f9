import { isFull, openFailure, StoreDamaged, StoreFull } from './failure'
import type { Files } from './files'
import { frame } from './frame'
import { Layout } from './layout'
import type { BlobRow } from './rows'

interface OpenSegment { readonly number: number, readonly fd: number }

/**
 * The journal: small blobs as frames, one behind the other, in segments of a fixed size. Invariants: bytes before `lsn` are
 * named by the index and never change; what lies behind it is of no account and is cut off. A frame never spans two segments.
 * `append` is called by one group at a time; its frames count once `lsn` is moved with `accept`. Until then the segment that the
 * journal ends in stays open, and the directory always does, so that taking a group back opens nothing, and nor does a sync.
 */
export class Segments {
  private readonly files: Files
  private readonly layout: Layout
  private readonly segmentBytes: number
  private readonly directory: number
  private lsn = 0
  /** What the journal ends in; none where that is not begun yet. */
  private active: OpenSegment | undefined
  /** Segments begun behind `lsn`; the last of them is open. */
  private begun: number[] = []
  private ahead: OpenSegment | undefined

  private constructor(files: Files, layout: Layout, segmentBytes: number, directory: number) {
    this.files = files
    this.layout = layout
    this.segmentBytes = segmentBytes
    this.directory = directory
  }

  /** Cuts the journal back to `lsn` and opens it there. */
  static async open(files: Files, layout: Layout, segmentBytes: number, lsn: number): Promise<Segments> {
    const segments = new Segments(files, layout, segmentBytes, await files.openDirectory(layout.segments))
    try {
      await segments.cut(lsn)
    } catch (error) {
      await segments.close()
      throw error
    }
    return segments
  }

  /**
   * Writes blobs behind the journal's end and flushes them. Answers their rows and the new end. Rejects with StoreFull or
   * StoreBusy when nothing was kept; any other failure leaves the disk in an unknown state.
   */
  async append(blobs: readonly { readonly id: number, readonly bytes: Buffer }[]): Promise<{ rows: BlobRow[], lsn: number }> {
    const rows: BlobRow[] = []
    const runs: { number: number, offset: number, buffers: Buffer[] }[] = []
    let at = this.lsn
    for (const { id, bytes } of blobs) {
      const length = frame.blobHeadBytes + bytes.length
      if ((at % this.segmentBytes) + length > this.segmentBytes) at = (Math.floor(at / this.segmentBytes) + 1) * this.segmentBytes
      const number = Math.floor(at / this.segmentBytes)
      const { head, crc32 } = frame.blobHead(at, id, bytes)
      let run = runs.at(-1)
      if (run === undefined || run.number !== number) runs.push(run = { number, offset: at % this.segmentBytes, buffers: [] })
      run.buffers.push(head, bytes)
      rows.push({
        id, place: 'segment', segment: number, offset: (at % this.segmentBytes) + frame.blobHeadBytes, length: bytes.length, crc32,
      })
      at += length
    }
    await this.writeRuns(runs)
    return { rows, lsn: at }
  }

  /** The index has `lsn`: what was appended up to there counts. */
  async accept(lsn: number): Promise<void> {
    this.lsn = lsn
    this.begun = []
    if (this.ahead === undefined) return
    const left = this.active
    this.active = this.ahead
    this.ahead = undefined
    await this.closeSynced(left)
  }

  /** Takes back what was appended since the last `accept`. */
  async rollBack(): Promise<void> {
    await this.closeAhead()
    for (const number of this.begun.splice(0)) await this.remove(number)
    // Where the journal ends with a whole segment, nothing was written to that one.
    const { active, lsn, segmentBytes } = this
    if (active?.number === Math.floor(lsn / segmentBytes)) await this.files.truncate(active.fd, lsn % segmentBytes)
  }

  async close(): Promise<void> {
    await this.closeAhead()
    const last = this.active
    this.active = undefined
    await this.closeSynced(last)
    await this.files.close(this.directory)
  }

  /** One gathered write and one sync a segment; the directory is synced where a segment is new. */
  private async writeRuns(runs: readonly { number: number, offset: number, buffers: readonly Buffer[] }[]): Promise<void> {
    for (const { number, offset, buffers } of runs) {
      const fd = await this.descriptor(number)
      try {
        await this.files.writev(fd, buffers, offset)
      } catch (error) {
        if (!isFull(error)) throw error
        await this.rollBack()
        throw new StoreFull(error)
      }
      await this.files.datasync(fd)
    }
    if (this.begun.length > 0) await this.files.sync(this.directory)
  }

  /** Of the active segment, or of the next one, which is begun. */
  private async descriptor(number: number): Promise<number> {
    if (this.active?.number === number) return this.active.fd
    await this.closeAhead()
    this.begun.push(number)
    try {
      this.ahead = { number, fd: await this.files.open(this.layout.segment(number), 'create') }
    } catch (error) {
      await this.rollBack()
      throw openFailure(error)
    }
    return this.ahead.fd
  }

  private async closeAhead(): Promise<void> {
    const { ahead } = this
    this.ahead = undefined
    await this.closeSynced(ahead)
  }

  /** All that counts was synced before, or is about to be removed. */
  private async closeSynced(segment: OpenSegment | undefined): Promise<void> {
    await (segment === undefined ? undefined : this.files.close(segment.fd).catch(() => undefined))
  }

  /** One that could not be made may be there all the same. */
  private async remove(number: number): Promise<void> {
    try {
      await this.files.unlink(this.layout.segment(number))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }

  /** Removes what a crash left behind `lsn`. */
  private async cut(lsn: number): Promise<void> {
    this.lsn = lsn
    const number = Math.floor(lsn / this.segmentBytes)
    const offset = lsn % this.segmentBytes
    let removed = false
    for (const name of await this.files.list(this.layout.segments)) {
      const found = Layout.segmentNumber(name)
      if (found === undefined || found < number || (found === number && offset > 0)) continue
      await this.files.unlink(this.layout.segment(found))
      removed = true
    }
    if (removed) await this.files.sync(this.directory)
    if (offset > 0) await this.reopen(number, offset)
  }

  /** Opens a segment at its known end and cuts off what a crash left behind it. StoreDamaged where it is shorter than the index says. */
  private async reopen(number: number, offset: number): Promise<void> {
    const fd = await this.files.open(this.layout.segment(number), 'write')
    this.active = { number, fd }
    const size = await this.files.size(fd)
    if (size < offset) throw new StoreDamaged(`segment ${number} ends at ${size}, the index knows ${offset} bytes of it`)
    if (size > offset) {
      await this.files.truncate(fd, offset)
      await this.files.datasync(fd)
    }
  }
}
