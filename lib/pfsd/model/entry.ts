/**
 * What a tree says of one path. Paths are compared byte by byte in UTF-8; a datum other than `default` is a suffix of the
 * path, behind a NUL byte, which no path contains.
 */
export interface Entry {
  /**
   * In a commit's tree always `set`. In a file set's tree, what the entry does to the commit beneath: `set` replaces the file,
   * `append` adds to its end (or creates it), `delete` removes it.
   */
  readonly op: 'set' | 'append' | 'delete'
  /** Bytes of content: the sum of the extents' lengths, or the length of `inline`. */
  readonly size: number
  /** Which hash `hash` is; 0 and empty: none. */
  readonly hashKind: number
  readonly hash: Buffer
  /** Sequence number of the commit that last wrote this entry, and when (ms since 1970). */
  readonly created: number
  readonly time: number
  readonly content: Content
  /** Encoded attributes (see attributes.ts): up to 256 B of them stand here, longer ones in a blob. Undefined: none on record. */
  readonly attributes: AttributesRef | undefined
}

/** Where the bytes are. `list` names a node that holds a longer list of extents. */
export type Content =
  | { readonly kind: 'inline', readonly bytes: Buffer }
  | { readonly kind: 'extents', readonly extents: readonly Extent[] }
  | { readonly kind: 'list', readonly node: number }

/** Bytes [offset, offset + length) of a blob. */
export interface Extent {
  readonly blob: number
  readonly offset: number
  readonly length: number
}

/**
 * `stale`: the content has been appended to since, so the digests and the part table among the attributes no longer hold
 * (decodeAttributes leaves them out); the rest, such as the content type, does.
 */
export type AttributesRef =
  | { readonly kind: 'inline', readonly bytes: Buffer, readonly stale?: boolean }
  | { readonly kind: 'blob', readonly blob: number, readonly length: number, readonly stale?: boolean }

/** Nodes are immutable and named by dense ids; where they come from is the store's affair. Synchronous. */
export interface NodeReader {
  /** Throws if there is no such node, or if its seal is broken (seal.ts; checked when it comes from disk, not at each call). */
  node(id: number): Buffer
}

/** A node's checksum covers its id, so the id is given out first. Every reserved id is put before the transaction ends. */
export interface NodeWriter extends NodeReader {
  /** The next node's id. Ids grow, and a node is reserved after all nodes that it names. */
  reserveNode(): number
  /** Takes over the sealed bytes; readable through `node` from then on. */
  putNode(id: number, node: Buffer): void
}

/** Id of the empty tree. */
export const emptyRoot = 0
