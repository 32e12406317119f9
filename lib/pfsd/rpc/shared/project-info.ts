import { timestamp } from './timestamp'
import type { ProjectRow } from '../../store/rows'
import type { ProjectInfo } from '../../../wire/messages'

/** As answers tell of a project. */
export function projectInfo(row: ProjectRow): ProjectInfo {
  const info: ProjectInfo = { project: { name: row.name }, created_at: timestamp(row.created) }
  if (row.description !== '') info.description = row.description
  return info
}
