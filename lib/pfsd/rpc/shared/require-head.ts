import { Code, RpcFailure } from '../../failure'
import { headOf } from './find'
import type { BranchRow } from '../../store/rows'
import type { Reader } from '../../store/store'

/** Holds a caller to the head that it saw; '' holds it to none. `name` is how the failure calls the branch. */
export function requireHead(read: Reader, branch: BranchRow | undefined, expected: string, name: string): void {
  if (expected === '' || (branch !== undefined && headOf(read, branch).id === expected)) return
  throw new RpcFailure(Code.failedPrecondition,
    branch === undefined ? `branch ${name} is gone` : `the head of branch ${name} is no longer ${expected}`)
}
