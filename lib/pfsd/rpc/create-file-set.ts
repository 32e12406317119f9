import { limits } from '../limits'
import { emptyRoot } from '../model/entry'
import { applyEdits } from '../model/tree-edit'
import type { ClientStream, Inlet } from '../service'
import type { CreateFileSetResponse, ModifyFileRequest } from '../../wire/messages'
import { newToken } from './shared/file-sets'
import type { Instance } from './shared/instance'
import { StreamChanges } from './shared/stream-changes'
import { takeMessage } from './shared/take-message'

/**
 * A file set that lives for ten minutes unless it is renewed. Deleting a directory concerns the stream itself only: there is
 * nothing beneath a file set yet. Its token is in nobody's hands before every byte of it is durable.
 */
export function createFileSet(instance: Instance): ClientStream<ModifyFileRequest, CreateFileSetResponse> {
  return () => new CreateFileSetInlet(instance)
}

class CreateFileSetInlet implements Inlet<ModifyFileRequest, CreateFileSetResponse> {
  private readonly instance: Instance
  private readonly stream: StreamChanges

  constructor(instance: Instance) {
    this.instance = instance
    this.stream = new StreamChanges(instance)
  }

  message(message: ModifyFileRequest): Promise<void> | undefined {
    return takeMessage(this.instance, this.stream, message)
  }

  async end(): Promise<CreateFileSetResponse> {
    try {
      const files = await this.stream.finish() ?? []
      const token = newToken()
      await this.instance.store.transact((tx) => {
        tx.putFileSet({ token, root: applyEdits(tx, emptyRoot, this.stream.settle(tx, files)), expires: tx.now + limits.fileSetMs })
      })
      return { file_set_id: token }
    } finally {
      this.stream.discard()
    }
  }

  abort(): void {
    this.stream.discard()
  }
}
