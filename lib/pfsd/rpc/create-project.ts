import { Code, RpcFailure } from '../failure'
import { checkProjectName } from '../model/names'
import type { Unary } from '../service'
import type { CreateProjectRequest, Empty } from '../../wire/messages'
import type { Instance } from './shared/instance'

/** With `update` the description of a project that is there is changed, and nothing else. ALREADY_EXISTS without. */
export function createProject({ store }: Instance): Unary<CreateProjectRequest, Empty> {
  return async (request) => {
    const name = request.project?.name ?? ''
    const description = request.description ?? ''
    checkProjectName(name)
    await store.transact((tx) => {
      const row = tx.project(name)
      if (row === undefined) tx.putProject({ id: tx.nextId(), name, description, created: tx.now })
      else if (request.update === true) tx.putProject({ ...row, description })
      else throw new RpcFailure(Code.alreadyExists, `project "${name}" already exists\nproject ${name} already exists`)
    })
    return {}
  }
}
