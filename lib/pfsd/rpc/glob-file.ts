import type { ServerStream } from '../service'
import type { FileInfo, GlobFileRequest } from '../../wire/messages'
import { globNodes } from './shared/glob-nodes'
import type { Instance } from './shared/instance'
import { openReading } from './shared/reading'
import { sendNodes } from './shared/send-nodes'

/**
 * In byte order, directories among the files they hold. What is not there matches nothing, which is no error; a commit that is
 * not there is one, in pachd's words.
 */
export function globFile(instance: Instance): ServerStream<GlobFileRequest, FileInfo> {
  return (request, out) => {
    const { walking, describer } = openReading(instance, request.commit)
    return sendNodes(globNodes(walking, request.pattern ?? '', request.path_range, instance.paths), describer, out)
  }
}
