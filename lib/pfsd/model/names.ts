import { Code, RpcFailure } from '../failure'

/** Names of projects, repos and branches, as pachd allows them, with its texts for those that it does not. */

const namePattern = /^[a-zA-Z0-9_-]+$/
const commitIdPattern = /^[0-9a-f]{12}4[0-9a-f]{19}$/
const commitIdReferencePattern = /^[0-9a-fA-F]{12}4[0-9a-fA-F]{19}$/
const projectNameCharactersMax = 51
/** pachd keeps a commit under the key `project/repo.type@id` in a column of this many characters. */
const commitKeyCharactersMax = 4096

export const defaultProject = 'default'
/** File sets are read as commits of this repo, which is never created. */
export const fileSetRepo = '__filesets__'
/** Repo types; a type that is none of these is refused by pachd's database. */
const repoTypes: ReadonlySet<string> = new Set(['user', 'meta', 'spec'])

/** A commit id as the store writes it: 32 lower-case hex digits, a UUID v4 without dashes. */
export function isCommitId(text: string): boolean {
  return text.length === 32 && commitIdPattern.test(text)
}

/** In a reference, digits of either case are read as a commit id and never as a branch. */
export function isCommitIdReference(text: string): boolean {
  return text.length === 32 && commitIdReferencePattern.test(text)
}

export function checkName(name: string): void {
  if (!namePattern.test(name)) {
    throw new RpcFailure(Code.unknown, `name (${name}) invalid: only alphanumeric characters, underscores, and dashes are allowed`)
  }
}

export function checkRepoName(name: string): void {
  if (name === fileSetRepo) throw new RpcFailure(Code.unknown, `${fileSetRepo} is a reserved name`)
  checkName(name)
}

export function checkProjectName(name: string): void {
  if (!namePattern.test(name)) {
    throw new RpcFailure(Code.unknown,
      `invalid project name: name (${name}) invalid: only alphanumeric characters, underscores, and dashes are allowed`)
  }
  if (name.length > projectNameCharactersMax) {
    const excess = name.length - projectNameCharactersMax
    throw new RpcFailure(Code.unknown,
      `invalid project name: project name "${name}" is ${excess} characters longer than the ${projectNameCharactersMax} max`)
  }
  if (!/^[a-zA-Z0-9]/.test(name)) {
    throw new RpcFailure(Code.unknown, 'invalid project name: project names must start with an alphanumeric character')
  }
}

/** A branch that looks like a commit id could never be named again. */
export function checkBranchIsNoId(name: string): void {
  if (isCommitId(name)) throw new RpcFailure(Code.unknown, 'update head: branch name cannot be a UUID V4')
}

/** Refuses a type that is not one of pachd's; `where` is what pachd says it was doing. */
export function checkRepoType(type: string, where: string): void {
  if (!repoTypes.has(type)) {
    throw new RpcFailure(Code.unknown, `${where}: ERROR: invalid input value for enum pfs.repo_type: "${type}" (SQLSTATE 22P02)`)
  }
}

/** A repo name so long that its commits' keys would not fit can be created, as in pachd, but not committed to. */
export function checkCommitKey(project: string, repo: string, type: string): void {
  if (project.length + repo.length + type.length + 35 > commitKeyCharactersMax) {
    throw new RpcFailure(Code.unknown,
      'scanning id from create commitInfo: ERROR: value too long for type character varying(4096) (SQLSTATE 22001)')
  }
}
