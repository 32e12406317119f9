import { children, fileAt } from '../model/directory'
import type { ServerStream } from '../service'
import type { FileInfo, ListFileRequest } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { isOnPage, lastNodes, pageLength, pageStart } from './shared/pages'
import { openFile } from './shared/reading'
import { sendNodes } from './shared/send-nodes'

/**
 * What lies directly in a directory; of a file, the file, which wins over a directory of its name. What is not there lists as
 * nothing.
 */
export function listFile(instance: Instance): ServerStream<ListFileRequest, FileInfo> {
  return (request, out) => {
    const { walking, describer, path } = openFile(instance, request.file)
    const number = pageLength(request)
    const wanted = isOnPage(request)
    const file = path === '/' ? undefined : fileAt(walking, path)
    const directory = path.endsWith('/') ? path : path + '/'
    const nodes = file === undefined ? children(walking, directory, pageStart(request)) : [file][Symbol.iterator]()
    return sendNodes(request.reverse === true ? lastNodes(nodes, wanted, number) : { nodes, wanted, number }, describer, out)
  }
}
