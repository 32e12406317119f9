import { afterPrefix } from '../model/byte-order'
import { directoryAt, fileAt, walk, type Node, type Walking } from '../model/directory'
import { Code, RpcFailure } from '../failure'
import type { ServerStream } from '../service'
import type { FileInfo, WalkFileRequest } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { isOnPage, lastNodes, pageLength, pageStart } from './shared/pages'
import { openFile } from './shared/reading'
import { sendNodes } from './shared/send-nodes'

/** A file, or a directory with all below it, itself first. NOT_FOUND for anything but an empty root. */
export function walkFile(instance: Instance): ServerStream<WalkFileRequest, FileInfo> {
  return (request, out) => {
    const { view, walking, describer, path } = openFile(instance, request.file)
    const number = pageLength(request)
    const wanted = isOnPage(request)
    const nodes = nodesAt(walking, path, pageStart(request))
    if (nodes === undefined) {
      if (path === '/') return
      throw new RpcFailure(Code.notFound, `commit/${view.commit.id ?? ''} does not contain item: (${path})`)
    }
    return sendNodes(request.reverse === true ? lastNodes(nodes, wanted, number) : { nodes, wanted, number }, describer, out)
  }
}

function nodesAt(walking: Walking, path: string, from: Buffer): Generator<Node> | IterableIterator<Node> | undefined {
  const directory = path.endsWith('/') ? path : path + '/'
  if (directoryAt(walking, directory)) {
    const prefix = Buffer.from(directory)
    return walk(walking, Buffer.compare(from, prefix) > 0 ? from : prefix, afterPrefix(prefix))
  }
  const file = fileAt(walking, path)
  return file === undefined ? undefined : [file][Symbol.iterator]()
}
