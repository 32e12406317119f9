import { Code, RpcFailure } from '../failure'
import { checkBranchIsNoId, checkName, checkRepoType } from '../model/names'
import type { Unary } from '../service'
import type { Tx } from '../store/store'
import type { Commit, CreateBranchRequest, Empty } from '../../wire/messages'
import { findRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { saying } from './shared/pachd-texts'
import { branchReference, repoText, type RepoReference } from './shared/reference'
import { resolveCommit } from './shared/resolve-commit'
import { putAutoCommit } from './shared/start-commit'

/**
 * Makes a branch or moves its head. Without a head a new branch begins with a finished, empty commit, and an old one stays as it
 * is. NOT_FOUND where the repo is missing; UNKNOWN for a name that cannot be, and for a head of another repo.
 */
export function createBranch({ store }: Instance): Unary<CreateBranchRequest, Empty> {
  return async (request) => {
    const { repo, name } = branchReference(request.branch)
    if ((request.provenance ?? []).length > 0 || request.trigger !== undefined) {
      throw new RpcFailure(Code.unimplemented, 'branches with provenance or a trigger are not supported')
    }
    checkRepoType(repo.type, 'scanning repo row')
    await store.transact((tx) => {
      const row = findRepo(tx, repo)
      if (row === undefined) throw repoMissing(repo, tx.newCommitId())
      checkName(name)
      const existing = tx.branch(row.id, name)
      if (request.head === undefined && existing !== undefined) return
      saying('create branch: ', () => checkBranchIsNoId(name))
      const head = request.head === undefined ? putAutoCommit(tx, row, name).seq : headNamed(tx, request.head, row.id)
      tx.putBranch(existing === undefined ? { id: tx.nextId(), repo: row.id, name, head, created: tx.now } : { ...existing, head })
    })
    return {}
  }
}

/** The commit that is to be the head, however it is named; answers its sequence number. */
function headNamed(tx: Tx, head: Commit, repo: number): number {
  const name = head.id ?? head.branch?.name ?? ''
  const found = resolveCommit(tx, head, `unable to inspect ${repoText(headRepo(head))}@${name}: `)
  if (found.repo.id !== repo) throw new RpcFailure(Code.unknown, 'branch and head commit must belong to the same repo')
  return found.commit.seq
}

/** For the error's text alone: what the message leaves out is told as pachd fills it in. */
function headRepo(head: Commit): RepoReference {
  const repo = head.repo ?? head.branch?.repo
  return { project: repo?.project?.name ?? 'default', name: repo?.name ?? '', type: repo?.type ?? 'user' }
}

/** pachd looks for the commit that it is about to make, and says so. */
function repoMissing(repo: RepoReference, commit: string): RpcFailure {
  const { project, name, type } = repo
  return new RpcFailure(Code.notFound, 'get commit by commit key: '
    + `repo (id=0, project=${project}, name=${name}, type=${type}) not found\n`
    + `commit (int_id=0, commit_id=${project}/${name}.${type}@${commit}) not found`)
}
