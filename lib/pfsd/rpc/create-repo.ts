import { Code, RpcFailure } from '../failure'
import { checkRepoName, checkRepoType } from '../model/names'
import type { Unary } from '../service'
import type { CreateRepoRequest, Empty } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { noProject } from './shared/pachd-texts'
import { repoReference, repoText } from './shared/reference'

/**
 * A repo of another type than `user` is the companion of the user repo of its name, which must be there. With `update` only the
 * description of a repo that is there is changed. NOT_FOUND for the project, ALREADY_EXISTS, UNKNOWN for a name or type that
 * cannot be.
 */
export function createRepo({ store }: Instance): Unary<CreateRepoRequest, Empty> {
  return async (request) => {
    const named = repoReference(request.repo)
    const repo = named.type === '' ? { ...named, type: 'user' } : named
    const description = request.description ?? ''
    checkRepoName(repo.name)
    checkRepoType(repo.type, 'scanning repo row')
    await store.transact((tx) => {
      const project = tx.project(repo.project)
      if (project === undefined) throw new RpcFailure(Code.notFound, `cannot find project "${repo.project}": ${noProject(repo.project)}`)
      const row = tx.repo(project.id, repo.name, repo.type)
      if (row !== undefined) {
        if (request.update !== true) throw new RpcFailure(Code.alreadyExists, `repo ${repoText(repo)} already exists`)
        tx.putRepo({ ...row, description })
        return
      }
      if (repo.type !== 'user' && tx.repo(project.id, repo.name, 'user') === undefined) {
        throw new RpcFailure(Code.unknown, "cannot create a system repo without a corresponding 'user' repo")
      }
      tx.putRepo({ id: tx.nextId(), project: project.id, name: repo.name, type: repo.type, description, created: tx.now })
    })
    return {}
  }
}
