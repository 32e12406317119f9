import { Code, RpcFailure } from '../../failure'
import type { Walking } from '../../model/directory'
import { Describer } from './file-info'
import type { Instance } from './instance'
import { openView, type View } from './view'
import type { Commit, File } from '../../../wire/messages'

/** A call that reads a tree: what it reads, and who tells of it. */
interface Reading {
  readonly view: View
  readonly walking: Walking
  readonly describer: Describer
}

/** A commit or a file set, ready to be read. Throws what resolving it throws, behind `prefix`. */
export function openReading(instance: Instance, commit: Commit | undefined, prefix = ''): Reading {
  const view = openView(instance, commit, prefix)
  const { store, paths } = instance
  const walking: Walking = { nodes: store.read, root: view.root, checked: paths.setting === 'pachd' }
  return { view, walking, describer: new Describer(store, view, walking) }
}

interface FileReading extends Reading {
  readonly sentPath: string
  /** As it is kept. */
  readonly path: string
}

/** The same for a call that names a file. Whether there is one is not looked up here. */
export function openFile(instance: Instance, file: File | undefined, prefix = ''): FileReading {
  if (file === undefined) throw new RpcFailure(Code.unknown, 'file cannot be nil')
  const sentPath = file.path ?? ''
  // Field by field: a spread with more behind it is put together by the slowest way that V8 has.
  const { view, walking, describer } = openReading(instance, file.commit, prefix)
  return { view, walking, describer, sentPath, path: instance.paths.read(sentPath) }
}
