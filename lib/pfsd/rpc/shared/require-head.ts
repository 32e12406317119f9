import { Code, RpcFailure } from '../../failure'
import { headOf } from './find'
import type { BranchRow } from '../../store/rows'
import type { Reader } from '../../store/store'

/** Expected instead of an id: whichever head, if it is not open. */
const closedHead = '*'

/** Holds a caller to the head that it expects; '' holds it to none. `name` is how the failure calls the branch. */
export function requireHead(read: Reader, branch: BranchRow | undefined, expected: string, name: string): void {
  if (expected === '') return
  if (branch === undefined) throw new RpcFailure(Code.failedPrecondition, `branch ${name} is gone`)
  const head = headOf(read, branch)
  if (expected === closedHead) {
    if (head.state === 'started') throw new RpcFailure(Code.failedPrecondition, `the head of branch ${name} is open`)
  } else if (head.id !== expected) {
    throw new RpcFailure(Code.failedPrecondition, `the head of branch ${name} is no longer ${expected}`)
  }
}
