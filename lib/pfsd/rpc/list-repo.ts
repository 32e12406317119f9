import type { ServerStream } from '../service'
import type { RepoRow } from '../store/rows'
import type { ListRepoRequest, RepoInfo } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { repoInfo } from './shared/repo-info'
import { sendAll } from './shared/send-all'

/** Ordered by project and name. A project that is not there has no repos. */
export function listRepo({ store }: Instance): ServerStream<ListRepoRequest, RepoInfo> {
  return (request, out) => {
    const type = request.type ?? ''
    const wanted = new Set((request.projects ?? []).map((project) => project.name ?? ''))
    const rows: Array<{ readonly row: RepoRow, readonly project: string }> = []
    for (const project of store.read.projects()) {
      if (wanted.size > 0 && !wanted.has(project.name)) continue
      for (const row of store.read.repos(project.id)) if (type === '' || row.type === type) rows.push({ row, project: project.name })
    }
    const size = request.page?.page_size ?? 0
    const start = size * (request.page?.page_index ?? 0)
    const page = size > 0 ? rows.slice(start, start + size) : rows
    return sendAll(page, ({ row, project }) => repoInfo(store.read, row, project), out)
  }
}
