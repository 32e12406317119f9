import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { InspectProjectRequest, ProjectInfo } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { noProject } from './shared/pachd-texts'
import { projectInfo } from './shared/project-info'

/** NOT_FOUND where there is none, in the words that pachctl shows. */
export function inspectProject({ store }: Instance): Unary<InspectProjectRequest, ProjectInfo> {
  return (request) => {
    const name = request.project?.name ?? ''
    const row = store.read.project(name)
    if (row === undefined) throw new RpcFailure(Code.notFound, `error getting project "${name}": ${noProject(name)}`)
    return projectInfo(row)
  }
}
