import { timestamp } from './timestamp'
import { isValidationError } from '../../model/validation'
import type { CommitRow } from '../../store/rows'
import type { Reader } from '../../store/store'
import type { Commit, CommitInfo, Repo } from '../../../wire/messages'

/** A commit as answers name it: repo and id. (pachd blanks the branch everywhere but among children.) */
export function commitMessage(row: CommitRow, repo: Repo): Commit {
  return { id: row.id, repo }
}

/** All that is known of a commit. Times and texts that are not there are absent, as a message of pachd's has them. */
export function commitInfo(read: Reader, row: CommitRow, repo: Repo): CommitInfo {
  const info: CommitInfo = { commit: commitMessage(row, repo), origin: { kind: row.origin } }
  if (row.description !== '') info.description = row.description
  const parent = row.parent === 0 ? undefined : read.commit(row.parent)
  if (parent !== undefined) info.parent_commit = commitMessage(parent, repo)
  const children = childCommits(read, row, repo)
  if (children.length > 0) info.child_commits = children
  info.started = timestamp(row.started)
  if (row.finishing !== 0) info.finishing = timestamp(row.finishing)
  if (row.finished !== 0) info.finished = timestamp(row.finished)
  if (row.error !== '') info.error = row.error
  info.details = details(row)
  info.created_at = timestamp(row.started)
  info.updated_at = timestamp(Math.max(row.started, row.finishing, row.finished))
  return info
}

/** Those that are gone are left out: their rows only serve the entries that they wrote. */
function childCommits(read: Reader, row: CommitRow, repo: Repo): Commit[] {
  const children: Commit[] = []
  for (const seq of read.children(row.seq)) {
    const child = read.commit(seq)
    if (child !== undefined && !child.gone) children.push({ branch: { repo, name: child.branch }, id: child.id, repo })
  }
  return children
}

/**
 * Sizes and durations are known of commits that were compacted and validated: not of open ones, of empty ones that began a
 * branch, or of those that were finished with an error.
 */
function details(row: CommitRow): NonNullable<CommitInfo['details']> {
  if (row.state !== 'finished' || row.origin === 'AUTO' || (row.error !== '' && !isValidationError(row.error))) return {}
  const known: NonNullable<CommitInfo['details']> = { compacting_time: {}, validating_time: {} }
  if (row.bytes !== 0) known.size_bytes = row.bytes
  return known
}
