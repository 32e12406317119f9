import { decodeAttributes } from '../../model/attributes'
import { directoryBytes, type Node, type Walking } from '../../model/directory'
import type { AttributesRef, Entry } from '../../model/entry'
import { contentNow } from './send-content'
import { timestamp } from './timestamp'
import type { View } from './view'
import type { Store } from '../../store/store'
import type { Created, FileAttributes, FileInfo } from '../../../wire/messages'

/** A walk of a whole branch may meet as many commits as files. */
const idsMax = 1024

/** Makes the messages that tell of the files of one view. */
export class Describer {
  private readonly store: Store
  private readonly view: View
  private readonly walking: Walking
  /** Ids of the commits that wrote what was told of so far: a listing meets the same few again and again. */
  private readonly ids = new Map<number, string | undefined>()
  /** Files of up to so many bytes are told of with their content, where that is one piece and at hand. */
  contentBytesMax = 0

  constructor(store: Store, view: View, walking: Walking) {
    this.store = store
    this.view = view
    this.walking = walking
  }

  /** A promise only where attributes must be fetched from disk. */
  fileInfo(node: Node): FileInfo | Promise<FileInfo> {
    const info: FileInfo = { file: { commit: this.view.commit, path: node.path }, file_type: node.kind === 'file' ? 'FILE' : 'DIR' }
    if (this.view.committed !== undefined) info.committed = this.view.committed
    if (node.kind === 'directory') {
      const bytes = directoryBytes(this.walking, node.path)
      if (bytes !== 0) info.size_bytes = bytes
      return info
    }
    const { entry } = node
    info.file = { commit: this.view.commit, path: node.path, datum: node.datum }
    if (entry.size !== 0) info.size_bytes = entry.size
    const created = this.created(entry)
    if (created !== undefined) info.created = created
    if (entry.created !== 0 && entry.created !== this.view.open) info.revision = entry.created
    const content = entry.size > this.contentBytesMax || entry.size === 0 ? undefined : contentNow(this.store, entry)
    if (content !== undefined) info.content = content
    if (entry.attributes === undefined) return info
    const attributes = this.attributes(entry.attributes)
    if (attributes instanceof Promise) return attributes.then((some) => ({ ...info, attributes: some }))
    info.attributes = attributes
    return info
  }

  /** A promise only for those that are too long to be read on the spot. */
  attributes(reference: AttributesRef): FileAttributes | Promise<FileAttributes> {
    const stale = reference.stale === true
    if (reference.kind === 'inline') return decodeAttributes(reference.bytes, stale)
    const bytes = this.store.readBlobNow(reference.blob, 0, reference.length)
    if (bytes !== undefined) return decodeAttributes(bytes, stale)
    return this.store.readBlob(reference.blob, 0, reference.length).then((read) => decodeAttributes(read, stale))
  }

  /** Undefined in a file set, which no commit wrote. The id is absent where its commit is none that can be read any more. */
  created(entry: Entry): Created | undefined {
    if (entry.created === 0) return undefined
    let id = this.ids.get(entry.created)
    if (id === undefined) {
      const commit = this.store.read.commit(entry.created)
      id = commit === undefined || commit.gone ? undefined : commit.id
      if (this.ids.size >= idsMax) this.ids.clear()
      this.ids.set(entry.created, id)
    }
    const created: Created = { time: timestamp(entry.time) }
    if (id !== undefined) created.commit_id = id
    return created
  }
}
