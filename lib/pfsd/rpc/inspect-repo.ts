import { checkRepoType } from '../model/names'
import type { Unary } from '../service'
import type { InspectRepoRequest, RepoInfo } from '../../wire/messages'
import { requireRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { repoReference } from './shared/reference'
import { detailedRepoInfo } from './shared/repo-info'

/** The repo with its branches, and its size in detail. NOT_FOUND. */
export function inspectRepo({ store }: Instance): Unary<InspectRepoRequest, RepoInfo> {
  return (request) => {
    const repo = repoReference(request.repo)
    checkRepoType(repo.type, 'scanning repo row')
    return detailedRepoInfo(store.read, requireRepo(store.read, repo), repo.project)
  }
}
