import { limits } from '../../limits'
import type { BlobFile, BlobFileWriter, Store } from '../../store/store'

/** Bytes [offset, offset + length) of the sink's `file`-th blob file. */
export interface SunkPiece {
  readonly kind: 'sunk'
  readonly file: number
  readonly offset: number
  readonly length: number
}

/**
 * Where the bytes of one stream go that are too many for memory: one blob file after the other, in the order of arrival,
 * whichever path they belong to, so that a stream never holds more than one file open. Nothing names the files until a
 * transaction gives them rows.
 */
export class BlobSink {
  private readonly store: Store
  private readonly finished: Array<Promise<BlobFile>> = []
  private readonly writers: BlobFileWriter[] = []
  private writer: BlobFileWriter | undefined
  private offset = 0

  constructor(store: Store) {
    this.store = store
  }

  /** Takes over the chunk. A promise asks to wait before the next one; it rejects where there is no room. */
  write(chunk: Buffer): { readonly piece: SunkPiece, readonly wait: Promise<void> | undefined } {
    if (this.writer !== undefined && this.offset + chunk.length > limits.blobFileBytesMax) this.closeFile()
    if (this.writer === undefined) this.writers.push(this.writer = this.store.createBlobFile())
    const piece: SunkPiece = { kind: 'sunk', file: this.finished.length, offset: this.offset, length: chunk.length }
    this.offset += chunk.length
    return { piece, wait: this.writer.write(chunk) }
  }

  private closeFile(): void {
    if (this.writer === undefined) return
    const finished = this.writer.finish()
    // Its failure is met where the files are awaited; until then nobody may be listening.
    finished.catch(() => undefined)
    this.finished.push(finished)
    this.writer = undefined
    this.offset = 0
  }

  /** Undefined: nothing was written. Else resolves when every byte is synced. */
  finish(): Promise<readonly BlobFile[]> | undefined {
    this.closeFile()
    return this.finished.length === 0 ? undefined : Promise.all(this.finished)
  }

  /** Removes every file that no transaction has named; those that one has named stay. */
  discard(): void {
    this.writer = undefined
    for (const writer of this.writers.splice(0)) void writer.discard()
  }
}
