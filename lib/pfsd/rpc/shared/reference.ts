import { Code, RpcFailure } from '../../failure'
import { defaultProject } from '../../model/names'
import type { Branch, Commit, Project, Repo } from '../../../wire/messages'
import type { RepoRow } from '../../store/rows'

/** A repo as a message names it. The project defaults to `default`; the type never does here. */
export interface RepoReference {
  readonly project: string
  readonly name: string
  readonly type: string
}

/** Throws UNKNOWN where a message names no repo at all. */
export function repoReference(repo: Repo | undefined): RepoReference {
  if (repo === undefined) throw new RpcFailure(Code.unknown, 'repo cannot be nil')
  return { project: projectName(repo.project), name: repo.name ?? '', type: repo.type ?? '' }
}

export function projectName(project: Project | undefined): string {
  const name = project?.name
  return name === undefined || name === '' ? defaultProject : name
}

/** As errors print a repo: the type only where it is not `user`. */
export function repoText(repo: RepoReference): string {
  return repo.type === 'user' ? `${repo.project}/${repo.name}` : `${repo.project}/${repo.name}.${repo.type}`
}

/** As pachd's keys print it, and some of its errors. */
export function repoKey(repo: RepoReference): string {
  return `${repo.project}/${repo.name}.${repo.type}`
}

/** Where `branch` names one, the repo and name that it names. */
export function branchReference(branch: Branch | undefined): { readonly repo: RepoReference, readonly name: string } {
  if (branch === undefined) throw new RpcFailure(Code.unknown, 'branch cannot be nil')
  return { repo: repoReference(branch.repo), name: branch.name ?? '' }
}

/** The repo of a commit: its own, or its branch's, as clients before 2.6 sent it. */
export function repoOfCommit(commit: Commit): Repo {
  const repo = commit.repo ?? commit.branch?.repo
  if (repo === undefined) throw new RpcFailure(Code.unknown, 'commit must have a repo')
  return repo
}

/** The repo as answers name it. */
export function repoMessage(row: RepoRow, project: string): Repo {
  return { name: row.name, type: row.type, project: { name: project } }
}
