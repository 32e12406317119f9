import { Code, RpcFailure } from '../failure'
import { checkProjectName } from '../model/names'
import type { Unary } from '../service'
import type { DeleteProjectRequest, Empty } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { removeRepo } from './shared/remove-repo'
import { repoText } from './shared/reference'

/**
 * With `force` its repos go too, each with all its history; else FAILED_PRECONDITION, which names them, where there are any.
 * NOT_FOUND.
 */
export function deleteProject({ store, waiters }: Instance): Unary<DeleteProjectRequest, Empty> {
  return async (request) => {
    const name = request.project?.name ?? ''
    checkProjectName(name)
    const removed = await store.transact((tx) => {
      const project = tx.project(name)
      if (project === undefined) throw new RpcFailure(Code.notFound, `delete project "${name}": project "${name}" not found`)
      const repos = [...tx.repos(project.id)]
      if (repos.length > 0 && request.force !== true) {
        const lines = repos.map((repo) => `repo ${repoText({ project: name, name: repo.name, type: repo.type })} still exists`)
        throw new RpcFailure(Code.failedPrecondition, `cannot delete project ${name}: ${lines.join('\n')}`)
      }
      tx.deleteProject(project)
      return repos.flatMap((repo) => removeRepo(tx, repo))
    })
    // Only now are the commits gone for certain: a transaction that failed must not send anybody home.
    waiters.deleted(removed)
    return {}
  }
}
