import { Code, RpcFailure } from '../failure'
import type { Node } from '../model/directory'
import type { ServerStream } from '../service'
import type { BytesValue, GetFileRequest } from '../../wire/messages'
import { globNodes } from './shared/glob-nodes'
import type { Instance } from './shared/instance'
import { saying } from './shared/pachd-texts'
import { openFile } from './shared/reading'
import { sendContent } from './shared/send-content'
import type { Selection } from './shared/send-nodes'
import { fileMissing } from './shared/view'

const prefix = 'get file: '

/**
 * The content of the one file that the path, a glob, matches; from `offset` on, `length` bytes where that is said. An offset
 * behind the end is no bytes. NOT_FOUND; UNKNOWN where several match or a directory does; INVALID_ARGUMENT for
 * negative numbers, of which pachd makes a neighbour's bytes.
 */
export function getFile(instance: Instance): ServerStream<GetFileRequest, BytesValue> {
  return (request, out) => {
    const { offset = 0, length = 0 } = request
    if ((request.URL ?? '') !== '') throw new RpcFailure(Code.unimplemented, 'files cannot be sent to a URL')
    if (!(offset >= 0) || !(length >= 0)) throw new RpcFailure(Code.invalidArgument, 'offset and length must not be negative')
    const { view, walking, sentPath } = openFile(instance, request.file, prefix)
    const found = saying(prefix, () => globNodes(walking, sentPath, request.path_range, instance.paths))
    const file = onlyFile(found, request.file?.datum ?? '', walking.checked)
    if (file === undefined) throw fileMissing(view, sentPath)
    return sendContent(instance.store, file.entry, { from: offset, to: length === 0 ? Infinity : offset + length }, out)
  }
}

type FileNode = Extract<Node, { readonly kind: 'file' }>

/** In pachd's setting a directory that matches is one match too many; in ours a file may stand beside its directory. */
function onlyFile({ nodes, wanted }: Selection, datum: string, strict: boolean): FileNode | undefined {
  let file: FileNode | undefined
  let directory: string | undefined
  for (let next = nodes.next(); next.done !== true; next = nodes.next()) {
    const node = next.value
    if (!wanted(node)) continue
    if (node.kind === 'directory') {
      if (strict && file !== undefined && node.path !== file.path + '/') throw severalMatch()
      directory ??= node.path
      if (strict) break
    } else if (datum === '' || node.datum === datum) {
      if (file !== undefined) throw severalMatch()
      file = node
    }
  }
  if (directory !== undefined && (strict || file === undefined)) {
    throw new RpcFailure(Code.unknown, 'cannot get directory or non-regular file. Use GetFileTAR instead')
  }
  return file
}

function severalMatch(): RpcFailure {
  return new RpcFailure(Code.unknown, 'matched multiple files. Use GetFileTAR instead')
}
