import { Code, RpcFailure } from '../failure'
import type { Unary } from '../service'
import type { ClusterInfo, InspectClusterRequest } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { noProject } from './shared/pachd-texts'

/** What pachctl asks first. A project that it is set to must exist. */
export function inspectCluster({ store }: Instance): Unary<InspectClusterRequest, ClusterInfo> {
  return (request) => {
    const project = request.current_project?.name ?? ''
    const info: ClusterInfo = { id: 'embedded', deployment_id: 'embedded', warnings_ok: true }
    if (project !== '' && store.read.project(project) === undefined) {
      throw new RpcFailure(Code.notFound, `error getting project "${project}": ${noProject(project)}`)
    }
    return info
  }
}
