import { Cursor } from './cursor'
import type { NodeReader } from './entry'
import { splitKey } from './key-text'

/**
 * What pachd finds wrong with a commit when it finishes, comparing each entry with the one before it only: a path twice, or
 * an entry below a path that is a file. (`a`, `a-x`, `a/b` pass: `a` and `a/b` are no neighbours.) In pachd's setting alone.
 */
export function clash(before: Buffer, entry: Buffer): string | undefined {
  const first = splitKey(before)
  const second = splitKey(entry)
  if (first.path === second.path) {
    return `duplicate path output by different datums (${first.path} from ${first.datum} and ${second.path} from ${second.datum})`
  }
  return second.path.startsWith(first.path + '/') ? `file / directory path collision (${second.path})` : undefined
}

/** Whether a commit's error is one of these, and not what somebody finished it with. */
export function isValidationError(error: string): boolean {
  return error.startsWith('duplicate path output by different datums (') || error.startsWith('file / directory path collision (')
}

/** The first clash in a whole tree, or ''. */
export function validateTree(nodes: NodeReader, root: number): string {
  const cursor = new Cursor(nodes, root)
  if (!cursor.seek(Buffer.alloc(0))) return ''
  let before = cursor.path()
  while (cursor.next()) {
    const key = cursor.path()
    const found = clash(before, key)
    if (found !== undefined) return found
    before = key
  }
  return ''
}

/** The same for a tree that can only clash near keys that were changed, given in ascending order. */
export function validateNear(nodes: NodeReader, root: number, keys: readonly Buffer[]): string {
  const cursor = new Cursor(nodes, root)
  for (const key of keys) {
    let before = cursor.seekBack(key) ? cursor.path() : undefined
    let found = cursor.seek(key)
    for (let i = 0; i < 2 && found; i++, found = cursor.next()) {
      const entry = cursor.path()
      const error = before === undefined ? undefined : clash(before, entry)
      if (error !== undefined) return error
      before = entry
    }
  }
  return ''
}
