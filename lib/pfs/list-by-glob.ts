import type { FileInfo, PathRange } from '../wire/messages'
import type { ListPage, ListQuery, Stat } from './contract'
import { keyOf } from './path'
import { readUntil } from './read-until'
import { factsOf, seenIn, type Tree } from './stat'
import type { Transport } from './transport'
import { wireCommit } from './wire-ref'

/**
 * A page made of plain range walks, for servers that have no pages. Files come in key order. When one lies behind a delimiter,
 * its common prefix is noted and the walk begins anew past everything below it: a page costs as many ranges as it has common
 * prefixes, and never what lies under them.
 */
export async function listByGlob(transport: Transport, tree: Tree, query: ListQuery): Promise<ListPage> {
  const files: Stat[] = []
  const commonPrefixes: string[] = []
  let last = ''
  let from = start(query)
  const upper = pastAll(`/${query.prefix}`)
  while (from !== undefined) {
    const range: PathRange = { lower: from, upper }
    from = undefined
    for (const info of await walk(transport, tree, range, query)) {
      const key = keyOf(info.file?.path ?? '')
      if (files.length + commonPrefixes.length === query.limit) return { files, commonPrefixes, next: last }
      const prefix = commonPrefix(key, query)
      last = prefix ?? key
      if (prefix === undefined) files.push(seenIn(tree, factsOf(key, info, tree.commit)))
      else {
        commonPrefixes.push(prefix)
        from = pastAll(`/${prefix}`)
      }
    }
  }
  return { files, commonPrefixes, next: undefined }
}

/** The first path that may be on the page; undefined where none may. Below a directory, the walk skips the directory's own entry. */
function start(query: ListQuery): string | undefined {
  const prefix = `/${query.prefix}`
  const first = prefix.endsWith('/') ? `${prefix} ` : prefix
  if (query.after === '') return first
  const after = `/${query.after}`
  const next = query.afterSubtree ? pastAll(after) : `${after}\0`
  if (compare(next, first) <= 0) return first
  return compare(next, pastAll(prefix)) < 0 ? next : undefined
}

function commonPrefix(key: string, query: ListQuery): string | undefined {
  if (query.delimiter === '') return undefined
  const at = key.indexOf(query.delimiter, query.prefix.length)
  return at === -1 ? undefined : key.slice(0, at + query.delimiter.length)
}

/** The least string after all that start with `prefix`, which is never empty: servers without pages hold printable ASCII only. */
function pastAll(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}

/** UTF-16 order is byte order in ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Files of a range in order: up to one more than a page, and up to the first behind a delimiter. */
async function walk(transport: Transport, tree: Tree, range: PathRange, query: ListQuery): Promise<FileInfo[]> {
  const found: FileInfo[] = []
  const request = { commit: wireCommit(tree), pattern: '**', path_range: range }
  await readUntil(transport.serverStream('/pfs_v2.API/GlobFile', request), (info) => {
    if (info.file_type === 'DIR') return undefined
    found.push(info)
    return found.length <= query.limit && commonPrefix(keyOf(info.file?.path ?? ''), query) === undefined ? undefined : found
  })
  return found
}
