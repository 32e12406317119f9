import { CommittedRows } from './committed-rows'
import { BlobDirectories } from './blob-directories'
import { BlobFileOut } from './blob-file'
import { BlobReader } from './blob-reader'
import { trailerBytes } from './blob-trailer'
import { StoreDamaged } from './failure'
import { diskFiles, type Files } from './files'
import { readFormat, writeFormat, type Format } from './format'
import { GroupWriter } from './group-writer'
import { openIndexFile, type IndexFile } from './index-file'
import { keys } from './keys'
import { Layout } from './layout'
import { Lock } from './lock'
import { makeDirectory } from './make-directory'
import { RowsReader } from './rows-reader'
import type { Counters, UnnamedFiles } from './rows-writer'
import { Segments } from './segments'
import type { BlobFileWriter, Reader, Store, Tx } from './store'
import { syncDirectory } from './sync-directory'
import { blobs, state } from './tables'
import { blobFile, WarmPages } from './warm-pages'
import { WriteBuffers } from './write-buffers'
import { limits } from '../limits'

export interface StoreOptions {
  /** ms since 1970. */
  readonly now?: () => number
  readonly files?: Files
  readonly openIndex?: (path: string) => IndexFile
  /** Of a new store; an old one keeps its own. */
  readonly segmentBytes?: number
}

/**
 * Opens the store in `directory`, or makes it. What a crash left behind is put in order first: the journal is cut back to the
 * index's word, and blob files without a row are removed. Rejects with StoreRefused (in use, or of another format) or
 * StoreDamaged.
 */
export async function openStore(directory: string, options: StoreOptions = {}): Promise<Store> {
  const files = options.files ?? diskFiles
  const layout = new Layout(directory)
  await makeDirectory(files, directory)
  const lock = await Lock.take(directory, layout.lock)
  let index: IndexFile | undefined
  let segments: Segments | undefined
  let directories: BlobDirectories | undefined
  try {
    const known = await readFormat(files, layout)
    for (const path of [layout.segments, layout.blobs, layout.indexDirectory]) await makeDirectory(files, path)
    index = (options.openIndex ?? openIndexFile)(layout.index)
    await syncDirectory(files, layout.indexDirectory)
    const committed = new CommittedRows(index)
    const format = known ?? await makeStore(files, layout, index, options.segmentBytes ?? limits.segmentBytes)
    const found = committed.get(state, keys.state)
    // Without it all segments and blob files would look like what a crash left behind.
    if (found === undefined) throw new StoreDamaged('its index is empty or missing')
    const counters: Counters = { ...found }
    segments = await Segments.open(files, layout, format.segmentBytes, counters.lsn)
    await removeOrphans(files, layout, committed)
    directories = await BlobDirectories.open(files, layout)
    const now = options.now ?? Date.now
    return new OpenStore({ files, layout, lock, index, committed, counters, segments, directories, now }, format.segmentBytes)
  } catch (error) {
    await letGo([directories, segments, index], lock)
    throw error
  }
}

const newState: Counters = { lsn: 0, nextId: 1, nextCommit: 1, nextNode: 1, nextBlob: 1, commitIdClock: 0, time: 0 }

/** FORMAT comes last: where it is, the index has its first row, and an index without one was lost. */
async function makeStore(files: Files, layout: Layout, index: IndexFile, segmentBytes: number): Promise<Format> {
  const found = index.get(state.database, keys.state)
  const used = found !== undefined && state.decode(found).time !== 0
  if (used || (await files.list(layout.segments)).length > 0 || (await files.list(layout.blobs)).length > 0) {
    throw new StoreDamaged('its FORMAT file is missing')
  }
  await index.commit([{ database: state.database, key: keys.state, value: state.encode(newState) }])
  return await writeFormat(files, layout, segmentBytes)
}

/** Blob files that no row names: their writers never finished, or no transaction named them. */
async function removeOrphans(files: Files, layout: Layout, committed: CommittedRows): Promise<void> {
  for (const directory of await files.list(layout.blobs)) {
    const path = `${layout.blobs}/${directory}`
    for (const name of await files.list(path)) {
      const id = Layout.blobId(name)
      if (id !== undefined && committed.get(blobs, keys.number(id)) === undefined) await files.unlink(`${path}/${name}`)
    }
  }
}

interface StoreParts {
  readonly files: Files
  readonly layout: Layout
  readonly lock: Lock
  readonly index: IndexFile
  readonly committed: CommittedRows
  readonly counters: Counters
  readonly segments: Segments
  readonly directories: BlobDirectories
  readonly now: () => number
}

class OpenStore implements Store {
  private readonly parts: StoreParts
  readonly read: Reader
  private readonly rows: RowsReader
  private readonly writer: GroupWriter
  private readonly blobReader: BlobReader
  private readonly warm = new WarmPages()
  /** Finished blob files without a durable row. */
  private readonly unnamed: UnnamedFiles = new Map()
  /** Blob files that are neither finished nor discarded. */
  private readonly writers = new Map<number, BlobFileOut>()
  private readonly buffers = new WriteBuffers(limits.blobBuffersBytesMax)
  private closed: Promise<void> | undefined

  constructor(parts: StoreParts, segmentBytes: number) {
    this.parts = parts
    const { files, layout, committed, now } = parts
    this.read = this.rows = new RowsReader(committed, now)
    this.blobReader = new BlobReader(files, layout, segmentBytes, this.warm)
    this.writer = new GroupWriter({ ...parts, clock: now, unnamed: this.unnamed, freeBytes: () => files.freeBytes(layout.root) })
  }

  transact<Result>(work: (tx: Tx) => Result): Promise<Result> {
    return this.writer.transact(work)
  }

  createBlobFile(): BlobFileWriter {
    const { files, layout, directories, counters } = this.parts
    const id = counters.nextBlob++
    const writer = new BlobFileOut(id, {
      files,
      layout,
      directories,
      buffers: this.buffers,
      finished: (length, crc32) => {
        this.writers.delete(id)
        this.unnamed.set(id, { length, crc32, claimed: false })
        this.warm.touch(blobFile(id), 0, length + trailerBytes(length))
      },
      release: () => {
        this.writers.delete(id)
        return this.unnamed.get(id)?.claimed !== true && (this.unnamed.delete(id) || this.rows.blob(id) === undefined)
      },
      poison: (cause) => this.writer.poison(cause),
    })
    this.writers.set(id, writer)
    return writer
  }

  async readBlob(blob: number, offset: number, length: number): Promise<Buffer> {
    return await this.blobReader.read(this.row(blob), offset, length)
  }

  readBlobNow(blob: number, offset: number, length: number): Buffer | undefined {
    return this.blobReader.readNow(this.row(blob), offset, length)
  }

  giveBack(bytes: Buffer): void {
    this.blobReader.giveBack(bytes)
  }

  close(): Promise<void> {
    this.closed ??= this.closeAll()
    return this.closed
  }

  /** An id that no row has was in an entry or a row that has: damage. */
  private row(blob: number): NonNullable<ReturnType<RowsReader['blob']>> {
    const row = this.rows.blob(blob)
    if (row === undefined) throw new StoreDamaged(`there is no blob ${blob}`)
    return row
  }

  /** Writers first, so that nothing is written behind the last group; then the group, the readers, and the lock at the very end. */
  private async closeAll(): Promise<void> {
    const { segments, directories, index, lock } = this.parts
    for (const writer of [...this.writers.values()]) await writer.discard()
    await this.writer.end()
    await this.blobReader.close()
    await letGo([directories, segments, index], lock)
  }
}

/** The lock goes last, and goes whatever fails before it. */
async function letGo(parts: readonly ({ close(): Promise<void> } | undefined)[], lock: Lock): Promise<void> {
  const closed = await Promise.allSettled(parts.map((part) => part?.close()))
  await lock.release()
  for (const one of closed) if (one.status === 'rejected') throw one.reason
}
