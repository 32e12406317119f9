import { directoryAt, fileAt } from '../model/directory'
import type { Unary } from '../service'
import type { FileInfo, InspectFileRequest } from '../../wire/messages'
import type { Instance } from './shared/instance'
import { openFile } from './shared/reading'
import { fileMissing } from './shared/view'

/** Literal. Where a file stands beside a directory of its name, pachd tells of the directory; in our setting the file is meant. */
export function inspectFile(instance: Instance): Unary<InspectFileRequest, FileInfo> {
  return (request) => {
    const { view, walking, describer, path, sentPath } = openFile(instance, request.file)
    const file = path === '/' ? undefined : fileAt(walking, path)
    const asDirectory = path.endsWith('/') ? path : path + '/'
    if (file !== undefined && !(walking.checked && directoryAt(walking, asDirectory))) return describer.fileInfo(file)
    if (directoryAt(walking, asDirectory)) return describer.fileInfo({ kind: 'directory', path: asDirectory })
    throw fileMissing(view, sentPath)
  }
}
