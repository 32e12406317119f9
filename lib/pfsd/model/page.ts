import { afterPrefix, startsWith } from './byte-order'
import { Cursor } from './cursor'
import type { Entry, NodeReader } from './entry'
import { afterPath, pathOfKey } from './key'

export interface PageQuery {
  /** Only paths that start with this. */
  readonly prefix: Buffer
  /** Not empty: what lies behind its first occurrence after the prefix is rolled up into one common prefix. */
  readonly delimiter: Buffer
  /** Only paths strictly behind this one; empty: all. */
  readonly after: Buffer
  /** Leaves out the paths that start with `after` too. */
  readonly afterSubtree: boolean
  /** Files and common prefixes together; 0: 1,000. */
  readonly limit: number
}

export interface Page {
  /** In byte order of the keys (key.ts). */
  readonly files: readonly { readonly key: Buffer, readonly entry: Entry }[]
  readonly commonPrefixes: readonly Buffer[]
  /** More is to be had after `last`. */
  readonly truncated: boolean
  /** Path or common prefix that came last; undefined for an empty page. */
  readonly last: Buffer | undefined
}

const limitDefault = 1000

/**
 * One page of a listing. Each common prefix costs a seek past what it stands for, however much that is, so a page costs
 * O(what it shows).
 */
export function page(nodes: NodeReader, root: number, query: PageQuery): Page {
  const { prefix, delimiter } = query
  const limit = query.limit > 0 ? query.limit : limitDefault
  const files: { key: Buffer, entry: Entry }[] = []
  const commonPrefixes: Buffer[] = []
  let last: Buffer | undefined
  let truncated = false
  const start = startOf(query)
  const cursor = new Cursor(nodes, root)
  let valid = start !== undefined && cursor.seek(start)
  while (valid) {
    const key = cursor.path()
    if (!startsWith(key, prefix)) break
    if (files.length + commonPrefixes.length === limit) {
      truncated = true
      break
    }
    const path = pathOfKey(key)
    const at = delimiter.length === 0 ? -1 : path.indexOf(delimiter, prefix.length)
    if (at === -1) {
      files.push({ key, entry: cursor.entry() })
      last = path
      valid = cursor.next()
    } else {
      last = path.subarray(0, at + delimiter.length)
      commonPrefixes.push(last)
      const behind = afterPrefix(last)
      valid = behind !== undefined && cursor.seek(behind)
    }
  }
  return { files, commonPrefixes, truncated, last }
}

/** The first key that may be shown; undefined: none. */
function startOf({ prefix, after, afterSubtree }: PageQuery): Buffer | undefined {
  if (after.length === 0) return prefix
  const start = afterSubtree ? afterPrefix(after) : afterPath(after)
  return start === undefined || Buffer.compare(start, prefix) > 0 ? start : prefix
}
