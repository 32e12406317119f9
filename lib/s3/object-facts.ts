/** What S3's rules need to know of an object. A `Stat` of the PFS contract is one by structure. */
export interface ObjectFacts {
  readonly size: number
  readonly version: string
  readonly modified: Date
  /** PFS content hash, where the server gives one. */
  readonly hash?: Buffer
  /** Absent: nothing is on record. */
  readonly attributes?: { readonly entries: Entries, readonly parts?: Parts }
}

/** Attribute entries by name; s3/metadata has the table of names. */
export type Entries = Readonly<Record<string, string>>

/** The parts of an object that was put together from several, in order. */
export interface Parts {
  readonly numbers: readonly number[]
  readonly sizes: readonly number[]
  readonly checksumAlgorithm?: string
  readonly checksums?: readonly Buffer[]
}
