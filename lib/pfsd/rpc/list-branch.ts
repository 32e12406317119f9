import { checkRepoType } from '../model/names'
import type { ServerStream } from '../service'
import type { BranchRow, RepoRow } from '../store/rows'
import type { Reader } from '../store/store'
import type { BranchInfo, ListBranchRequest, Repo } from '../../wire/messages'
import { branchInfo } from './shared/branch-info'
import { projectOf, requireRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { repoMessage, repoReference } from './shared/reference'
import { sendAll } from './shared/send-all'

/** Newest first, unless reversed: of one repo, or of all where none is named. */
export function listBranch({ store }: Instance): ServerStream<ListBranchRequest, BranchInfo> {
  return (request, out) => {
    const { read } = store
    const branches = request.repo === undefined ? [...everyBranch(read)] : branchesOf(read, requested(read, request.repo))
    branches.sort((a, b) => request.reverse === true ? a.row.id - b.row.id : b.row.id - a.row.id)
    // Taken at once: a head that is dropped while the caller is slow must not be missed.
    return sendAll(branches.map(({ row, repo }) => branchInfo(read, row, repo)), (info) => info, out)
  }
}

interface NamedBranch { readonly row: BranchRow, readonly repo: Repo }

function requested(read: Reader, named: Repo): RepoRow {
  const repo = repoReference(named)
  checkRepoType(repo.type, 'scanning repo row')
  return requireRepo(read, repo)
}

function branchesOf(read: Reader, row: RepoRow): NamedBranch[] {
  const repo = repoMessage(row, projectOf(read, row).name)
  return [...read.branches(row.id)].map((branch) => ({ row: branch, repo }))
}

function* everyBranch(read: Reader): Generator<NamedBranch> {
  for (const project of read.projects()) for (const repo of read.repos(project.id)) yield* branchesOf(read, repo)
}
