import { Code, RpcFailure } from '../../failure'
import type { ModifyFileRequest } from '../../../wire/messages'
import { copyFile } from './copy-file'
import type { Instance } from './instance'
import type { StreamChanges } from './stream-changes'

/** One change of a stream, whichever kind it is. A promise asks to wait before the next. */
export function takeMessage(instance: Instance, stream: StreamChanges, message: ModifyFileRequest): Promise<void> | undefined {
  if (message.add_file !== undefined) {
    if (message.add_file.url !== undefined) throw new RpcFailure(Code.unimplemented, 'files cannot be added from a URL')
    return stream.add(message.add_file)
  }
  if (message.delete_file !== undefined) stream.delete(message.delete_file)
  else if (message.copy_file !== undefined) copyFile(instance, stream, message.copy_file)
  else if (message.set_commit !== undefined) throw new RpcFailure(Code.unknown, 'cannot set commit')
  else throw new RpcFailure(Code.unknown, 'unrecognized message type')
  return undefined
}
