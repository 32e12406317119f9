import { checkRepoType } from '../model/names'
import type { ServerStream } from '../service'
import type { BranchInfo, ListBranchRequest } from '../../wire/messages'
import { branchInfo } from './shared/branch-info'
import { requireRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { repoMessage, repoReference } from './shared/reference'
import { branchesByAge } from './shared/repo-info'
import { sendAll } from './shared/send-all'

/** Newest first, unless reversed. */
export function listBranch({ store }: Instance): ServerStream<ListBranchRequest, BranchInfo> {
  return (request, out) => {
    const repo = repoReference(request.repo)
    checkRepoType(repo.type, 'scanning repo row')
    const row = requireRepo(store.read, repo)
    const branches = branchesByAge(store.read, row)
    if (request.reverse !== true) branches.reverse()
    const message = repoMessage(row, repo.project)
    // Taken at once: a head that is dropped while the caller is slow must not be missed.
    return sendAll(branches.map((branch) => branchInfo(store.read, branch, message)), (info) => info, out)
  }
}
