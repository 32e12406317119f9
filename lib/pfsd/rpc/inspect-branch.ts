import { Code, RpcFailure } from '../failure'
import { checkRepoType } from '../model/names'
import type { Unary } from '../service'
import type { BranchInfo, InspectBranchRequest } from '../../wire/messages'
import { branchInfo } from './shared/branch-info'
import type { Instance } from './shared/instance'
import { noBranchLines } from './shared/pachd-texts'
import { branchReference, repoMessage, repoText } from './shared/reference'

/** The look-up behind every read of a branch: four reads of the store, no promise. NOT_FOUND says how far it came. */
export function inspectBranch({ store }: Instance): Unary<InspectBranchRequest, BranchInfo> {
  return (request) => {
    const { repo, name } = branchReference(request.branch)
    const { read } = store
    checkRepoType(repo.type, 'inspect branch in transaction: could not get branch')
    const project = read.project(repo.project)
    const row = project === undefined ? undefined : read.repo(project.id, repo.name, repo.type)
    const branch = row === undefined ? undefined : read.branch(row.id, name)
    if (row !== undefined && branch !== undefined) return branchInfo(read, branch, repoMessage(row, repo.project))
    const lines = noBranchLines(repo, name, { project: project !== undefined, repo: row !== undefined })
    lines.push(`branch "${name}" not found in repo ${repoText(repo)}`)
    throw new RpcFailure(Code.notFound, `inspect branch in transaction: ${lines.join('\n')}`)
  }
}
