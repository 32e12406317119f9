import type { ByteSource } from '../kit/byte-source'

/**
 * What an operation may ask of PFS. Buckets are named as S3 clients name them (`[<commit>.]<branch>.<repo>[.<project>]`,
 * see ref.ts), objects by their key. Every call rejects with a PfsError, or with what a `judge` threw.
 */
export interface Pfs {
  /** Every branch of every user repo, by full name, in byte order. */
  buckets(): Promise<readonly Bucket[]>
  /** no-bucket where it is missing; a commit bucket must name an existing commit of that repo. */
  bucket(name: string): Promise<Bucket>
  /** Creates what is missing of project, repo and branch. `created` is false where all was there. bad-name, read-only. */
  createBucket(name: string): Promise<{ readonly created: boolean }>
  /**
   * not-empty (judged against the head that is removed), no-bucket, read-only. The repo goes with its last branch if nothing was
   * ever written to it.
   */
  deleteBucket(name: string): Promise<void>

  /**
   * The commit that reads of this bucket see: its head's nearest finished, error-free commit; the commit of a commit bucket;
   * or `version`, which must be a commit of the same repo (no-version). One snapshot serves every look-up of a request.
   */
  snapshot(bucket: string, version?: string): Promise<Snapshot>
  /** The snapshot that a listing began with; snapshot-gone where the commit is no more. */
  snapshotAt(bucket: string, commit: string): Promise<Snapshot>
  /** `withBody`: whoever wants all bytes of a small file may find them `atHand` afterwards, for no call of their own. */
  stat(snapshot: Snapshot, key: string, withBody?: boolean): Promise<Stat | undefined>
  /** Bytes [offset, offset + length) of the file, within its size (asserted). Costs what the range costs. */
  read(file: Stat, offset: number, length: number): ByteSource
  /** The same bytes at once, where they came with the look-up or are remembered. To be read only: others get them too. */
  atHand(file: Stat, offset: number, length: number): Buffer | undefined
  list(snapshot: Snapshot, query: ListQuery): Promise<ListPage>

  /** Somewhere to put a body until it is verified: in memory while small and while there is room, else in a file set. */
  stage(options: StageOptions): Stage
  /**
   * One atomic set of changes on a branch, in a commit shared with whatever else is waiting. Resolves when that commit is finished
   * and durable.
   */
  write(bucket: string, change: Change): Promise<Written>

  readonly uploads: Uploads
}

export interface Bucket {
  /** `<branch>.<repo>.<project>`, behind `<commit>.` where it was asked for so. */
  readonly name: string
  readonly created: Date
  readonly readOnly: boolean
}

/** One commit of one repo, resolved. */
export interface Snapshot {
  readonly bucket: string
  readonly project: string
  readonly repo: string
  readonly commit: string
  /** The version id that the client asked for, by `versionId` or by a commit bucket; answered instead of the file's own. */
  readonly asked: string | undefined
}

/** What is on record about an object: opaque pairs, which s3/metadata writes and reads, and the table of its parts. */
export interface Attributes {
  readonly entries: Readonly<Record<string, string>>
  readonly parts?: PartTable
}

export interface PartTable {
  /** Part numbers as the client chose them, ascending. */
  readonly numbers: readonly number[]
  /** Bytes of each part. */
  readonly sizes: readonly number[]
  /** Algorithm and raw digest of each part, where parts have checksums. */
  readonly checksumAlgorithm?: string
  readonly checksums?: readonly Buffer[]
}

export interface Stat {
  readonly key: string
  readonly size: number
  /** The commit that last wrote the key, where known, else the commit read; and its time. */
  readonly version: string
  readonly modified: Date
  /** Absent: nothing is on record (written by another PFS client). */
  readonly attributes?: Attributes
  /** PFS content hash, where the server gives one. */
  readonly hash?: Buffer
  /** Tells this content of the key from all others that it had or will have, where the server says so of a single file. */
  readonly revision?: number
  /** All of a small file, where the look-up brought it. */
  readonly body?: Buffer
  /** Where the bytes are. */
  readonly snapshot: Snapshot
}

export interface ListQuery {
  readonly prefix: string
  /** '' for none. */
  readonly delimiter: string
  /** Keys strictly after this one, in byte order of UTF-8; '' for the start. */
  readonly after: string
  /** Leave out everything that starts with `after` too: it was a common prefix. */
  readonly afterSubtree: boolean
  /** At least 1. */
  readonly limit: number
}

/** Files and common prefixes count alike towards the limit. */
export interface ListPage {
  readonly files: readonly Stat[]
  readonly commonPrefixes: readonly string[]
  /** Key or common prefix to go on after; undefined on the last page. */
  readonly next: string | undefined
}

export interface StageOptions {
  /** Length of the body where it is known. */
  readonly length: number | undefined
  /** Parts of multipart uploads always go to a file set. */
  readonly fileSet?: boolean
}

/** Takes a body's bytes as they come; nothing of it is visible to anyone. Exactly one of finish and discard ends it. */
export interface Stage {
  /** Takes over the chunk. A promise asks to wait (back-pressure). */
  write(chunk: Buffer): Promise<void> | undefined
  finish(): Promise<Staged>
  /** Lets everything go; never rejects. */
  discard(): Promise<void>
}

/** A verified body, on its way into a commit. Must be written or discarded. */
export interface Staged {
  readonly size: number
  readonly content: { readonly kind: 'held', readonly bytes: Buffer } | { readonly kind: 'file-set', readonly id: string }
  discard(): Promise<void>
}

export interface Change {
  readonly edits: readonly Edit[]
  /** Judged as edits are, of keys that the change leaves as they are; whoever edits one of these goes in another commit. */
  readonly requires?: readonly Requirement[]
  /** Answers true once nobody waits for this change any more: it is then dropped unless its batch has begun (abandoned). */
  readonly abandoned?: () => boolean
}

interface Requirement {
  readonly key: string
  readonly judge: Judge
}

export type Edit = Put | Delete

export interface Put {
  readonly kind: 'put'
  readonly key: string
  readonly content: Staged | { readonly kind: 'copy', readonly from: Stat }
  /** Absent on a copy: the source's are kept. */
  readonly attributes?: Attributes
  /** Judged against the state that the commit is built on; throws to refuse. */
  readonly judge?: Judge
}

export interface Delete {
  readonly kind: 'delete'
  readonly key: string
  readonly judge?: Judge
  /** A refusal of this edit is reported in `refused` instead of refusing the whole change. */
  readonly lenient?: boolean
  /** `key` ends in a slash: everything below it goes. */
  readonly subtree?: boolean
}

export type Judge = (current: Stat | undefined) => void

export interface Written {
  /** Id of the commit that holds the change. */
  readonly version: string
  readonly time: Date
  /** What the judges of lenient edits threw, by the edit's index. */
  readonly refused: ReadonlyMap<number, unknown>
}

/** Multipart uploads. Their state lives in PFS, so it outlives the process and every gateway on the backend sees it. */
export interface Uploads {
  create(bucket: string, key: string, attributes: Attributes): Promise<Upload>
  /**
   * no-upload where it is missing, completed, aborted, or another key's; upload-claimed where a gateway died as it completed it
   * and nobody can tell what became of that.
   */
  get(bucket: string, key: string, id: string): Promise<Upload>
  /** Takes over `staged`, which is in a file set; a part of that number is replaced. no-upload. */
  putPart(upload: Upload, part: NewPart): Promise<Part>
  parts(upload: Upload, after: number, limit: number): Promise<{ readonly parts: readonly Part[], readonly more: boolean }>
  list(bucket: string, query: UploadQuery): Promise<UploadPage>
  /**
   * Puts the object together from `parts`, in their order, in one commit. `digest` tells one part list from another:
   * the same Complete again is answered from the tombstone of the first, for a day. All other parts are let go. no-upload;
   * no-file-set where a part was replaced or let go meanwhile; upload-claimed while another gateway completes the upload.
   */
  complete(upload: Upload, completion: Completion): Promise<Written>
  /** The result of an earlier Complete of this upload with the same `digest`, or undefined. */
  completed(bucket: string, key: string, id: string, digest: string): Promise<Completed | undefined>
  /** no-upload, upload-claimed. */
  abort(bucket: string, key: string, id: string): Promise<void>
  /** Removes what is too old, in every repo. What cannot be reached is left for the next time. */
  sweepAll(): Promise<void>
}

export interface Upload {
  readonly id: string
  readonly bucket: string
  readonly key: string
  readonly initiated: Date
  readonly attributes: Attributes
}

export interface Part {
  readonly number: number
  readonly size: number
  readonly modified: Date
  /** Raw MD5. */
  readonly md5: Buffer
  /** By algorithm, raw. */
  readonly checksums: Readonly<Record<string, Buffer>>
  /** What holds its bytes: whoever knows this can read them. */
  readonly fileSet: string
}

export interface NewPart extends Omit<Part, 'modified' | 'fileSet'> {
  readonly staged: Staged
}

export interface Completion {
  readonly parts: readonly Part[]
  readonly attributes: Attributes
  readonly digest: string
  readonly judge?: Judge
}

export interface Completed {
  readonly written: Written
  readonly attributes: Attributes
}

export interface UploadQuery {
  readonly prefix: string
  readonly delimiter: string
  readonly keyMarker: string
  readonly idMarker: string
  readonly limit: number
}

export interface UploadPage {
  readonly uploads: readonly Upload[]
  readonly commonPrefixes: readonly string[]
  readonly next: { readonly key: string, readonly id: string } | undefined
}
