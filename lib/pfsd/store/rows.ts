/** The rows of the store's tables. Ids grow and are never used again; times are ms since 1970; 0 stands for "none" in ids and times. */

export interface ProjectRow { readonly id: number, readonly name: string, readonly description: string, readonly created: number }

export interface RepoRow {
  readonly id: number
  readonly project: number
  readonly name: string
  /** `user`, `meta` or `spec`. */
  readonly type: string
  readonly description: string
  readonly created: number
}

export interface BranchRow {
  readonly id: number
  readonly repo: number
  readonly name: string
  /** Sequence number of the head commit; every branch has one. */
  readonly head: number
  readonly created: number
}

export interface CommitRow {
  /** Grows with each commit of the store: its order and its key. */
  readonly seq: number
  readonly repo: number
  /** Branch that it was made on, by name: it outlives the branch. */
  readonly branch: string
  /** 32 lower-case hex digits, a UUID v4 without dashes. */
  readonly id: string
  readonly parent: number
  /** Root node of its tree; 0: empty. For an errored commit what readers of the commit itself see. */
  readonly root: number
  readonly state: 'started' | 'finishing' | 'finished'
  readonly origin: 'USER' | 'AUTO' | 'FSCK'
  readonly error: string
  readonly description: string
  readonly started: number
  readonly finishing: number
  readonly finished: number
  readonly files: number
  readonly bytes: number
  /** The commit was squashed or dropped: the row is kept for the entries that it wrote, which name it by its number. */
  readonly gone: boolean
}

export interface FileSetRow {
  /** 32 lower-case hex digits, a bearer secret. */
  readonly token: string
  /** Root of its change tree. */
  readonly root: number
  /** ms since 1970; 0: never. */
  readonly expires: number
}

/** Where a blob's bytes are: `file` 0 means a segment. */
export interface BlobRow {
  readonly id: number
  readonly place: 'segment' | 'file'
  readonly segment: number
  readonly offset: number
  readonly length: number
  readonly crc32: number
}
