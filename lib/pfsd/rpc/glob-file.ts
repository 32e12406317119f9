import { Code, RpcFailure } from '../failure'
import { limits } from '../limits'
import type { ServerStream } from '../service'
import type { FileInfo, GlobFileRequest } from '../../wire/messages'
import { globNodes } from './shared/glob-nodes'
import type { Instance } from './shared/instance'
import { openReading } from './shared/reading'
import { sendNodes } from './shared/send-nodes'

/**
 * In byte order, directories among the files they hold; short files with their content, where that is asked for. What is not
 * there matches nothing, which is no error; a commit that is not there is one, in pachd's words. INVALID_ARGUMENT for a negative
 * `content_bytes_max`.
 */
export function globFile(instance: Instance): ServerStream<GlobFileRequest, FileInfo> {
  return (request, out) => {
    const { content_bytes_max: contentBytesMax = 0 } = request
    if (!(contentBytesMax >= 0)) throw new RpcFailure(Code.invalidArgument, 'content_bytes_max must not be negative')
    const { walking, describer } = openReading(instance, request.commit)
    describer.contentBytesMax = Math.min(contentBytesMax, limits.contentMessageBytes)
    return sendNodes(globNodes(walking, request.pattern ?? '', request.path_range, instance.paths), describer, out)
  }
}
