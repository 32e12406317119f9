import type { NodeReader, NodeWriter } from '../model/entry'
import type { BranchRow, CommitRow, FileSetRow, ProjectRow, RepoRow } from './rows'

/**
 * The durable store. Reads are synchronous and see the last durable state. All changes go through `transact`, whose groups
 * are durable (bytes, then index, each synced) before its promises resolve. One process per directory.
 */
export interface Store {
  readonly read: Reader
  /**
   * Queues `work`; one loop runs the queue in order, group by group, with no timer. `work` is synchronous and sees all earlier
   * works' changes. If it throws, its changes vanish, its promise rejects with that error, and the rest of the group goes on.
   * Resolves with its result once the group is durable. Rejects with StoreFull (no space), StoreBusy (no descriptor) or
   * StorePoisoned (a failed sync).
   */
  transact<Result>(work: (tx: Tx) => Result): Promise<Result>
  /**
   * Starts a large blob in a file of its own; nothing names it until a transaction adds its row with `tx.addBlobFile`. Every
   * writer is finished or discarded; a finished one whose file is not wanted after all is discarded too.
   */
  createBlobFile(): BlobFileWriter
  /**
   * Reads bytes of a blob into a new buffer; at most `readBytesMax` a call. Checks what it can; rejects with StoreDamaged, or with
   * StoreBusy (no descriptor).
   */
  readBlob(blob: number, offset: number, length: number): Promise<Buffer>
  /**
   * The same, at once, where the bytes are short, or at hand without waiting, as far as can be told; else, or where no file can be
   * opened at once, undefined.
   */
  readBlobNow(blob: number, offset: number, length: number): Buffer | undefined
  /** Bytes that were read, as they were answered, which the reader lets go of: the store may fill them again. No one has to. */
  giveBack(bytes: Buffer): void
  /** Makes durable what was queued, discards blob files that are not finished, and lets go of everything. */
  close(): Promise<void>
}

/**
 * Look-ups in one consistent state; undefined where there is no such row. Iterables are in key order. A commit that is gone
 * is found by `commit` alone; a file set is not found once it has expired. An iterable reads on as it is
 * iterated: one that is held across turns may show a later state.
 */
export interface Reader extends NodeReader {
  project(name: string): ProjectRow | undefined
  projectById(id: number): ProjectRow | undefined
  projects(): Iterable<ProjectRow>
  repo(project: number, name: string, type: string): RepoRow | undefined
  repoById(id: number): RepoRow | undefined
  /** Ordered by name, then type. */
  repos(project: number): Iterable<RepoRow>
  branch(repo: number, name: string): BranchRow | undefined
  branches(repo: number): Iterable<BranchRow>
  commit(seq: number): CommitRow | undefined
  commitById(repo: number, id: string): CommitRow | undefined
  /** Newest first. */
  commits(repo: number): Iterable<CommitRow>
  children(seq: number): Iterable<number>
  fileSet(token: string): FileSetRow | undefined
}

export interface Tx extends Reader, NodeWriter {
  /** The transaction's time, ms; the same for the whole group, never before an earlier one's. */
  readonly now: number
  nextId(): number
  nextCommitSeq(): number
  /** A new commit id: 32 hex digits, of which the first 12 grow with time, so that rows are added at the right edge. */
  newCommitId(): string
  putProject(row: ProjectRow): void
  deleteProject(row: ProjectRow): void
  putRepo(row: RepoRow): void
  deleteRepo(row: RepoRow): void
  putBranch(row: BranchRow): void
  deleteBranch(row: BranchRow): void
  /** Also keeps the look-ups by id, by repo and by parent. */
  putCommit(row: CommitRow): void
  deleteCommit(row: CommitRow): void
  putFileSet(row: FileSetRow): void
  deleteFileSet(token: string): void
  /** Small bytes (up to `segmentBlobBytesMax`) into the segment; takes them over and answers the blob's id. */
  addBlob(bytes: Buffer): number
  /** Gives a finished blob file its row; answers the blob's id. */
  addBlobFile(file: BlobFile): number
  /** Rows and nodes that an open commit or an expired file set no longer needs. */
  deleteNode(id: number): void
}

export interface BlobFile { readonly id: number, readonly length: number }

export interface BlobFileWriter {
  /** Takes over the chunk. Waits while too much is unwritten. Rejects with StoreFull or StoreBusy. */
  write(chunk: Buffer): Promise<void> | undefined
  /** Resolves when all bytes and the file's directory entry are synced. */
  finish(): Promise<BlobFile>
  /** Removes the file; never rejects. */
  discard(): Promise<void>
}
