import { emptyRoot } from '../../model/entry'
import { lookup } from '../../model/tree'
import { baseOf, headOf } from './find'
import type { StreamChanges } from './stream-changes'
import type { BranchRow } from '../../store/rows'
import type { Reader } from '../../store/store'

/**
 * Whether nobody has touched what a stream changes since a commit was the head of its branch: each of its paths is written by
 * the same commit then and now, or missing then and now. Of directories that go as a whole this is not known.
 */
export function isUntouched(read: Reader, branch: BranchRow, since: string, stream: StreamChanges): boolean {
  const seen = read.commitById(branch.repo, since)
  if (seen === undefined || seen.gone || seen.state !== 'finished' || stream.cuts.length > 0) return false
  const then = baseOf(read, seen)?.root ?? emptyRoot
  const now = baseOf(read, headOf(read, branch))?.root ?? emptyRoot
  for (const key of stream.keys()) {
    const path = Buffer.from(key)
    if (lookup(read, then, path)?.created !== lookup(read, now, path)?.created) return false
  }
  return true
}
