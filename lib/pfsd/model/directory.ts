import { afterPrefix } from './byte-order'
import { Cursor } from './cursor'
import type { Entry, NodeReader } from './entry'
import { afterPath, datumOfKey, pathOfKey } from './key'
import { lookup, sums } from './tree'
import { clash } from './validation'
import { Code, RpcFailure } from '../failure'

/**
 * Files with the directories above them, which no tree holds: a directory is every start of a path that ends in a slash. In
 * byte order, a directory before all that is in it. What is marked deleted in a file set's tree is not there.
 */
export type Node =
  | { readonly kind: 'file', readonly path: string, readonly datum: string, readonly entry: Entry }
  | { readonly kind: 'directory', readonly path: string }

export interface Walking {
  readonly nodes: NodeReader
  readonly root: number
  /** In pachd's setting reading over a clash fails with the text that its commit failed with. */
  readonly checked: boolean
}

const slash = 0x2f

/** Everything from `lower` on and below `upper` (undefined: to the end), `lower` and `upper` being any strings of bytes. */
export function* walk(walking: Walking, lower: Buffer, upper: Buffer | undefined): Generator<Node> {
  const cursor = new Cursor(walking.nodes, walking.root)
  let before: Buffer | undefined
  for (let found = cursor.seek(lower); found; found = cursor.next()) {
    const key = cursor.path()
    const path = pathOfKey(key)
    // The directories of the first file at or behind `upper` may still lie before it.
    for (const directory of newDirectories(before, path)) {
      if (Buffer.compare(directory, lower) >= 0 && isBelow(directory, upper)) yield { kind: 'directory', path: directory.toString() }
    }
    if (!isBelow(path, upper)) return
    const entry = cursor.entry()
    if (entry.op === 'delete') continue
    if (walking.checked && before !== undefined) refuseClash(before, key)
    before = key
    // pachd lets bytes be written to the root, where nothing reaches them.
    if (path.length > 1) yield { kind: 'file', path: path.toString(), datum: datumOfKey(key), entry }
  }
}

/** What lies directly in a directory, whose path ends in a slash; a subdirectory costs one seek, however much is in it. */
export function* children(walking: Walking, directory: string, lower: Buffer): Generator<Node> {
  const prefix = Buffer.from(directory)
  const cursor = new Cursor(walking.nodes, walking.root)
  const end = afterPrefix(prefix)
  let before: Buffer | undefined
  let from: Buffer | undefined = Buffer.compare(lower, prefix) > 0 ? lower : prefix
  let found = cursor.seek(from)
  while (found) {
    const key = cursor.path()
    const path = pathOfKey(key)
    if (!isBelow(path, end)) return
    const at = path.indexOf(slash, prefix.length)
    const entry = cursor.entry()
    if (entry.op === 'delete' || path.length === 1) {
      found = cursor.next()
      continue
    }
    if (walking.checked && before !== undefined) refuseClash(before, key)
    if (at < 0) {
      before = key
      yield { kind: 'file', path: path.toString(), datum: datumOfKey(key), entry }
      found = cursor.next()
    } else {
      const subdirectory: Buffer = path.subarray(0, at + 1)
      if (Buffer.compare(subdirectory, lower) >= 0) yield { kind: 'directory', path: subdirectory.toString() }
      before = undefined
      from = afterPrefix(subdirectory)
      found = from !== undefined && cursor.seek(from)
    }
  }
}

/** The file at exactly this path, whatever its datum. */
export function fileAt(walking: Walking, path: string): Extract<Node, { readonly kind: 'file' }> | undefined {
  const key = Buffer.from(path)
  const entry = walking.checked ? undefined : lookup(walking.nodes, walking.root, key)
  if (entry !== undefined && entry.op !== 'delete') return { kind: 'file', path, datum: 'default', entry }
  const cursor = new Cursor(walking.nodes, walking.root)
  const end = afterPath(key)
  let file: Extract<Node, { readonly kind: 'file' }> | undefined
  let before: Buffer | undefined
  for (let found = cursor.seek(key); found; found = cursor.next()) {
    const at = cursor.path()
    if (Buffer.compare(at, end) >= 0) break
    const entry = cursor.entry()
    if (entry.op === 'delete') continue
    if (walking.checked && before !== undefined) refuseClash(before, at)
    file ??= { kind: 'file', path, datum: datumOfKey(at), entry }
    before = at
    if (!walking.checked) break
  }
  return file
}

/** Whether any file lies in a directory, whose path ends in a slash; a file of just that path does not count. */
export function directoryAt(walking: Walking, path: string): boolean {
  const prefix = Buffer.from(path)
  const end = afterPrefix(prefix)
  const cursor = new Cursor(walking.nodes, walking.root)
  for (let found = cursor.seek(prefix, false); found; found = cursor.next()) {
    if (!isBelow(cursor.path(), end)) return false
    if (cursor.entry().op !== 'delete') return true
  }
  return false
}

/** Fails where the entry next to the file at `path` clashes with it, as a walk over both would. */
export function refuseClashBehind({ nodes, root }: Walking, path: string): void {
  const cursor = new Cursor(nodes, root)
  const key = Buffer.from(path)
  if (cursor.seek(afterPath(key))) refuseClash(key, cursor.path())
}

/** Bytes of all files in a directory. */
export function directoryBytes({ nodes, root }: Walking, path: string): number {
  const prefix = Buffer.from(path)
  return sums(nodes, root, prefix, afterPrefix(prefix)).bytes
}

function isBelow(path: Buffer, upper: Buffer | undefined): boolean {
  return upper === undefined || Buffer.compare(path, upper) < 0
}

function refuseClash(before: Buffer, key: Buffer): void {
  const error = clash(before, key)
  if (error !== undefined) throw new RpcFailure(Code.unknown, error)
}

/** The directories above `path` that are not above the file before it, outermost first. */
function* newDirectories(before: Buffer | undefined, path: Buffer): Generator<Buffer> {
  let common = 0
  if (before !== undefined) while (common < path.length && before[common] === path[common]) common++
  for (let at = path.indexOf(slash, common); at >= 0; at = path.indexOf(slash, at + 1)) yield path.subarray(0, at + 1)
}
