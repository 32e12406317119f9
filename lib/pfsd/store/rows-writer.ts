import { randomBytes } from 'node:crypto'
import { limits } from '../limits'
import { keys } from './keys'
import type { Overlay } from './overlay'
import { RowsReader } from './rows-reader'
import type { BranchRow, CommitRow, FileSetRow, ProjectRow, RepoRow } from './rows'
import type { BlobFile, Tx } from './store'
import {
  blobs, branches, children, commitOfId, commits, expiry, fileSets, history, nameOfId, projects, repos, type StateRow,
} from './tables'

/** Where new ids come from. Shared by all works; what a failed work took is not given out again. */
export type Counters = { -readonly [Name in keyof StateRow]: StateRow[Name] }

/** Finished blob files without a durable row. A claimed one is in a group on its way, and must stay. */
export type UnnamedFiles = Map<number, { readonly length: number, readonly crc32: number, claimed: boolean }>

/** One work's view: reads see its own changes and everything before; writes go to its overlay. */
export class RowsWriter extends RowsReader implements Tx {
  private readonly overlay: Overlay
  private readonly counters: Counters
  private readonly files: UnnamedFiles
  private readonly reserved = new Set<number>()
  private ended = false

  constructor(overlay: Overlay, counters: Counters, files: UnnamedFiles) {
    super(overlay, () => counters.time)
    this.overlay = overlay
    this.counters = counters
    this.files = files
  }

  get now(): number {
    return this.counters.time
  }

  nextId(): number {
    return this.counters.nextId++
  }

  nextCommitSeq(): number {
    return this.counters.nextCommit++
  }

  /** Of the form of a random UUID, as pachd's are, but with the time in front, so that ids sort by when their commits began. */
  newCommitId(): string {
    const clock = Math.max(this.counters.time, this.counters.commitIdClock + 1)
    this.counters.commitIdClock = clock
    const random = randomBytes(10)
    random.writeUInt8((random.readUInt8(0) & 0x0f) | 0x40, 0)
    random.writeUInt8((random.readUInt8(2) & 0x3f) | 0x80, 2)
    return clock.toString(16).padStart(12, '0') + random.toString('hex')
  }

  reserveNode(): number {
    const id = this.counters.nextNode++
    this.reserved.add(id)
    return id
  }

  putNode(id: number, node: Buffer): void {
    this.open()
    if (!this.reserved.delete(id)) throw new Error(`node ${id} was not reserved`)
    this.overlay.putNode(id, node)
  }

  deleteNode(id: number): void {
    this.open()
    this.overlay.nodes.set(id, undefined)
  }

  putProject(row: ProjectRow): void {
    const key = keys.project(row.name)
    this.name(keys.projectId(row.id), key, (old) => this.open().put(projects, old, undefined))
    this.open().put(projects, key, row)
  }

  deleteProject(row: ProjectRow): void {
    this.open().put(projects, keys.project(row.name), undefined)
    this.overlay.put(nameOfId, keys.projectId(row.id), undefined)
  }

  putRepo(row: RepoRow): void {
    const key = keys.repo(row.project, row.name, row.type)
    this.name(keys.repoId(row.id), key, (old) => this.open().put(repos, old, undefined))
    this.open().put(repos, key, row)
  }

  deleteRepo(row: RepoRow): void {
    this.open().put(repos, keys.repo(row.project, row.name, row.type), undefined)
    this.overlay.put(nameOfId, keys.repoId(row.id), undefined)
  }

  putBranch(row: BranchRow): void {
    this.open().put(branches, keys.branch(row.repo, row.name), row)
  }

  deleteBranch(row: BranchRow): void {
    this.open().put(branches, keys.branch(row.repo, row.name), undefined)
  }

  /** The look-ups change only where what they are made of does: id, repo or parent, or the commit goes. */
  putCommit(row: CommitRow): void {
    const key = keys.number(row.seq)
    const old = this.commit(row.seq)
    if (old !== undefined && (row.gone || old.parent !== row.parent || old.id !== row.id || old.repo !== row.repo)) this.unlink(old)
    this.open().put(commits, key, row)
    if (row.gone || (old !== undefined && !old.gone && old.parent === row.parent && old.id === row.id && old.repo === row.repo)) return
    this.overlay.put(commitOfId, keys.commitOfId(row.repo, row.id), key)
    this.overlay.put(history, keys.pair(row.repo, row.seq), true)
    if (row.parent !== 0) this.overlay.put(children, keys.pair(row.parent, row.seq), true)
  }

  deleteCommit(row: CommitRow): void {
    const old = this.commit(row.seq)
    if (old === undefined) return
    this.open().put(commits, keys.number(row.seq), undefined)
    this.unlink(old)
  }

  putFileSet(row: FileSetRow): void {
    const old = this.source.get(fileSets, keys.fileSet(row.token))
    if (old !== undefined && old.expires !== 0) this.open().put(expiry, keys.expiry(old.expires, old.token), undefined)
    this.open().put(fileSets, keys.fileSet(row.token), row)
    if (row.expires !== 0) this.overlay.put(expiry, keys.expiry(row.expires, row.token), true)
  }

  deleteFileSet(token: string): void {
    const old = this.source.get(fileSets, keys.fileSet(token))
    if (old === undefined) return
    this.open().put(fileSets, keys.fileSet(token), undefined)
    if (old.expires !== 0) this.overlay.put(expiry, keys.expiry(old.expires, token), undefined)
  }

  /** The bytes go to a segment with the group; until then they count towards its weight. */
  addBlob(bytes: Buffer): number {
    this.open()
    if (bytes.length > limits.segmentBlobBytesMax) throw new RangeError(`a small blob of ${bytes.length} bytes`)
    const id = this.counters.nextBlob++
    this.overlay.blobs.push({ id, bytes })
    this.overlay.weight += bytes.length
    return id
  }

  /** Length and checksum are the writer's own word, so that no caller can name other bytes. */
  addBlobFile(file: BlobFile): number {
    const unnamed = this.files.get(file.id)
    if (unnamed === undefined || this.blob(file.id) !== undefined) throw new Error(`blob file ${file.id} is not finished, or has a row`)
    const { length, crc32 } = unnamed
    this.open().put(blobs, keys.number(file.id), { id: file.id, place: 'file', segment: 0, offset: 0, length, crc32 })
    this.overlay.blobFiles.push(file.id)
    return file.id
  }

  /** No change is taken any more; throws if a node was promised and never put. */
  end(): void {
    this.ended = true
    const [missing] = this.reserved
    if (missing !== undefined) throw new Error(`node ${missing} was reserved and never put`)
  }

  /** Nothing is written behind the end of the work, when its group may be on its way to disk. */
  private open(): Overlay {
    if (this.ended) throw new Error('the transaction has ended')
    return this.overlay
  }

  /** Notes the key under which an id's row stands; a renamed row leaves its old key. */
  private name(idKey: string, key: string, forget: (oldKey: string) => void): void {
    const old = this.source.get(nameOfId, idKey)
    if (old === key) return
    if (old !== undefined) forget(old)
    this.open().put(nameOfId, idKey, key)
  }

  /** Takes a commit out of every look-up but the one by its sequence number. */
  private unlink(row: CommitRow): void {
    this.open().put(commitOfId, keys.commitOfId(row.repo, row.id), undefined)
    this.overlay.put(history, keys.pair(row.repo, row.seq), undefined)
    if (row.parent !== 0) this.overlay.put(children, keys.pair(row.parent, row.seq), undefined)
  }
}
