import type { ServerStream } from '../service'
import type { ListProjectRequest, ProjectInfo } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { projectInfo } from './shared/project-info'
import { sendAll } from './shared/send-all'

/** All of them, by name; taken at once, so that a slow caller sees one state. */
export function listProject({ store }: Instance): ServerStream<ListProjectRequest, ProjectInfo> {
  return (_request, out) => sendAll([...store.read.projects()], projectInfo, out)
}
