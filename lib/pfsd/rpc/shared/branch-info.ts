import { commitMessage } from './commit-info'
import { headOf } from './find'
import { timestamp } from './timestamp'
import type { BranchRow } from '../../store/rows'
import type { Reader } from '../../store/store'
import type { BranchInfo, Repo } from '../../../wire/messages'

/** As answers tell of a branch. `repo` is shared between the messages of one answer, which nobody changes. */
export function branchInfo(read: Reader, row: BranchRow, repo: Repo): BranchInfo {
  const head = headOf(read, row)
  return {
    branch: { repo, name: row.name },
    head: commitMessage(head, repo),
    created_at: timestamp(row.created),
    updated_at: timestamp(Math.max(row.created, head.started)),
  }
}
