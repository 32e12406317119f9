import { headOf } from './find'
import { repoMessage } from './reference'
import { timestamp } from './timestamp'
import type { BranchRow, RepoRow } from '../../store/rows'
import type { Reader } from '../../store/store'
import type { RepoInfo } from '../../../wire/messages'

/** A repo with the names of its branches, oldest first; its size is that of its branch `master`, as pachd counts. */
export function repoInfo(read: Reader, row: RepoRow, project: string): RepoInfo {
  const repo = repoMessage(row, project)
  const info: RepoInfo = { repo, created: timestamp(row.created) }
  const branches = branchesByAge(read, row)
  const master = branches.find((branch) => branch.name === 'master')
  const bytes = master === undefined ? 0 : headOf(read, master).bytes
  if (bytes !== 0) info.size_bytes_upper_bound = bytes
  if (row.description !== '') info.description = row.description
  if (branches.length > 0) info.branches = branches.map((branch) => ({ repo, name: branch.name }))
  return info
}

/** Oldest first: by id, for those made in one group have the same time. */
function branchesByAge(read: Reader, row: RepoRow): BranchRow[] {
  return [...read.branches(row.id)].sort((a, b) => a.id - b.id)
}

/** With what InspectRepo says beyond ListRepo. */
export function detailedRepoInfo(read: Reader, row: RepoRow, project: string): RepoInfo {
  const info = repoInfo(read, row, project)
  const bytes = info.size_bytes_upper_bound
  info.details = bytes === undefined ? {} : { size_bytes: bytes }
  return info
}
