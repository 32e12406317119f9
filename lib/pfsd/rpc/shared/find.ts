import { Code, RpcFailure } from '../../failure'
import { repoText, type RepoReference } from './reference'
import type { BranchRow, CommitRow, ProjectRow, RepoRow } from '../../store/rows'
import type { Reader } from '../../store/store'

/** Two look-ups; a missing project is a missing repo. */
export function findRepo(read: Reader, repo: RepoReference): RepoRow | undefined {
  const project = read.project(repo.project)
  return project === undefined ? undefined : read.repo(project.id, repo.name, repo.type)
}

/** Throws NOT_FOUND in the words of the calls that look for a repo alone: a missing project is a missing repo to them. */
export function requireRepo(read: Reader, repo: RepoReference): RepoRow {
  const row = findRepo(read, repo)
  if (row === undefined) throw new RpcFailure(Code.notFound, `repo ${repoText(repo)} not found`)
  return row
}

/** The project of a repo row; every repo has one. */
export function projectOf(read: Reader, repo: RepoRow): ProjectRow {
  return present(read.projectById(repo.project), 'project', repo.project)
}

/** The commit that a branch points at; every branch has one. */
export function headOf(read: Reader, branch: BranchRow): CommitRow {
  return present(read.commit(branch.head), 'commit', branch.head)
}

/** The commit whose content a child of `commit` starts from: the nearest one without an error, itself included. */
export function baseOf(read: Reader, commit: CommitRow): CommitRow | undefined {
  let base: CommitRow | undefined = commit
  while (base !== undefined && base.error !== '') base = base.parent === 0 ? undefined : read.commit(base.parent)
  return base
}

/** A reference between rows that leads nowhere is damage, or a fault of this program: never a client's. */
function present<Row>(row: Row | undefined, kind: string, id: number): Row {
  if (row === undefined) throw new Error(`${kind} ${id} is named by another row but is not there`)
  return row
}
