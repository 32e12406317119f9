import { Code, RpcFailure } from '../../failure'
import { fileAt } from '../../model/directory'
import { emptyRoot } from '../../model/entry'
import { baseOf, headOf } from './find'
import type { BranchRow } from '../../store/rows'
import type { Reader } from '../../store/store'

/**
 * Holds a caller to what it saw at some paths of a branch: each was last written by the commit of that number, or there is
 * nothing where it is 0. A path is written once by a commit that is finished, so the number tells what is there. `name` is how
 * the failure calls the branch.
 */
export function requireFiles(read: Reader, branch: BranchRow, expected: ReadonlyMap<string, number>, name: string): void {
  if (expected.size === 0) return
  const root = baseOf(read, headOf(read, branch))?.root ?? emptyRoot
  for (const [path, revision] of expected) {
    // Of a path with several datums the first is meant, which is what a look-up of exactly this path tells of.
    if ((fileAt({ nodes: read, root, checked: false }, path)?.entry.created ?? 0) === revision) continue
    // Which one it is stays unsaid: clients match on texts, and a path may hold any.
    throw new RpcFailure(Code.failedPrecondition, `a file of branch ${name} is another one by now`)
  }
}
