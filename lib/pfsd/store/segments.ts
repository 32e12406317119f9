import { isFull, StoreDamaged, StoreFull } from './failure'
import type { Files } from './files'
import { frame } from './frame'
import { Layout } from './layout'
import type { BlobRow } from './rows'

/**
 * The journal: small blobs as frames, one behind the other, in segments of a fixed size. Invariants: bytes before `lsn` are
 * named by the index and never change; what lies behind it is of no account and is cut off. A frame never spans two segments.
 * `append` is called by one group at a time; its frames count once `lsn` is moved with `accept`.
 */
export class Segments {
  private readonly files: Files
  private readonly layout: Layout
  private readonly segmentBytes: number
  private lsn: number
  private active: { readonly number: number, readonly fd: number } | undefined

  private constructor(files: Files, layout: Layout, segmentBytes: number, lsn: number) {
    this.files = files
    this.layout = layout
    this.segmentBytes = segmentBytes
    this.lsn = lsn
  }

  /** Cuts the journal back to `lsn` and opens it there. */
  static async open(files: Files, layout: Layout, segmentBytes: number, lsn: number): Promise<Segments> {
    const segments = new Segments(files, layout, segmentBytes, lsn)
    const number = Math.floor(lsn / segmentBytes)
    let removed = false
    const names = await files.list(layout.segments)
    for (const name of names) {
      const found = Layout.segmentNumber(name)
      if (found === undefined || found < number || (found === number && lsn % segmentBytes > 0)) continue
      await files.unlink(layout.segment(found))
      removed = true
    }
    if (removed) await files.syncDirectory(layout.segments)
    if (lsn % segmentBytes > 0) await segments.reopen(number, lsn % segmentBytes)
    return segments
  }

  /**
   * Writes blobs behind the journal's end and flushes them. Answers their rows and the new end. Rejects with StoreFull when
   * nothing was kept; any other failure leaves the disk in an unknown state.
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
  accept(lsn: number): void {
    this.lsn = lsn
  }

  /** Takes back what was appended since the last `accept`. */
  async rollBack(): Promise<void> {
    const number = Math.floor(this.lsn / this.segmentBytes)
    const offset = this.lsn % this.segmentBytes
    if (this.active?.number === number && offset > 0) {
      await this.files.truncate(this.active.fd, offset)
      return
    }
    // There is none where the next segment could not be made; the one before it was closed by then.
    await this.close()
    for (const name of await this.files.list(this.layout.segments)) {
      const found = Layout.segmentNumber(name)
      if (found !== undefined && (found > number || (found === number && offset === 0))) await this.files.unlink(this.layout.segment(found))
    }
    if (offset > 0) await this.reopen(number, offset)
  }

  async close(): Promise<void> {
    const last = this.active
    this.active = undefined
    if (last !== undefined) await this.files.close(last.fd)
  }

  /** One gathered write and one sync a segment; the directory is synced where a segment is new. */
  private async writeRuns(runs: readonly { number: number, offset: number, buffers: readonly Buffer[] }[]): Promise<void> {
    let created = false
    for (const { number, offset, buffers } of runs) {
      try {
        if (this.active?.number !== number) {
          await this.close()
          this.active = { number, fd: await this.files.open(this.layout.segment(number), 'create') }
          created = true
        }
        await this.files.writev(this.active.fd, buffers, offset)
      } catch (error) {
        if (!isFull(error)) throw error
        await this.rollBack()
        throw new StoreFull(error)
      }
      await this.files.datasync(this.active.fd)
    }
    if (created) await this.files.syncDirectory(this.layout.segments)
  }

  /** Opens a segment at its known end and cuts off what a crash left behind it. StoreDamaged where it is shorter than the index says. */
  private async reopen(number: number, offset: number): Promise<void> {
    const fd = await this.files.open(this.layout.segment(number), 'write')
    this.active = { number, fd }
    const size = await this.files.size(fd)
    if (size < offset) {
      await this.close()
      throw new StoreDamaged(`segment ${number} ends at ${size}, the index knows ${offset} bytes of it`)
    }
    if (size > offset) {
      await this.files.truncate(fd, offset)
      await this.files.datasync(fd)
    }
  }
}
