import { Code, RpcFailure } from '../../failure'
import { repoText, type RepoReference } from './reference'

/** pachd's texts for what is missing; each call has its own words, which clients match on. */

export function noProject(name: string): string {
  return `get project by name: project "${name}" not found`
}

/** The lines with which the branch calls tell how far they came. */
export function noBranchLines(repo: RepoReference, branch: string, found: { readonly project: boolean, readonly repo: boolean }): string[] {
  const lines: string[] = []
  if (!found.project) lines.push(noProject(repo.project))
  if (!found.repo) lines.push(`repo (id=0, project=${repo.project}, name=${repo.name}, type=${repo.type}) not found`)
  lines.push(`branch (id=0, branch=${repoText(repo)}@${branch}) not found`)
  return lines
}

export function alreadyFinished(repo: RepoReference, id: string): RpcFailure {
  return new RpcFailure(Code.unknown, `commit ${repoText(repo)}@${id} has already finished`)
}

/** pachd dies of some requests and recovers; the code and first line of that are what its clients know. */
export function nilPointer(): RpcFailure {
  return new RpcFailure(Code.aborted, 'panic: runtime error: invalid memory address or nil pointer dereference')
}

/** Runs `work`; a failure's text gets `prefix` in front. */
export function saying<Result>(prefix: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof RpcFailure) throw new RpcFailure(error.code, prefix + error.details)
    throw error
  }
}
