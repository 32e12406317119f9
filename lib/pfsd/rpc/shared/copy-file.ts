import { Code, RpcFailure } from '../../failure'
import { startsWith } from '../../model/byte-order'
import { Cursor } from '../../model/cursor'
import { keyOfPath, pathOfKey } from '../../model/key'
import { fileSetRepo } from '../../model/names'
import { lookup } from '../../model/tree'
import type { Commit, CopyFile } from '../../../wire/messages'
import type { Instance } from './instance'
import type { StreamChanges } from './stream-changes'
import { openView } from './view'

/**
 * Copies by reference: the content stays where it is. The source is a file, or a directory with all below it; one that is
 * not there is copied as nothing at all, and what is at the destination stays.
 */
export function copyFile(instance: Instance, stream: StreamChanges, copy: CopyFile): void {
  const { src } = copy
  if (src === undefined) throw new RpcFailure(Code.unknown, 'file cannot be nil')
  requireProject(src.commit)
  const { root } = openView(instance, src.commit)
  const { paths, store: { read } } = instance
  const replaces = copy.append !== true
  const destination = paths.copied(copy.dst ?? '')
  const how = { replaces, attributes: copy.attributes }
  const source = copy.literal === true ? paths.written(src.path ?? '') : paths.read(src.path ?? '')
  const entry = lookup(read, root, keyOfPath(source, src.datum))
  if (entry !== undefined && entry.op !== 'delete') stream.copy(destination, copy.datum, { entry, ...how })
  // A literal path is one file; the walk below would take a directory of its name along.
  if (copy.literal === true) return
  const below = Buffer.from(source.endsWith('/') ? source : source + '/')
  const target = destination.endsWith('/') ? destination : destination + '/'
  const cursor = new Cursor(read, root)
  for (let found = cursor.seek(below, false); found; found = cursor.next()) {
    const path = pathOfKey(cursor.path())
    if (!startsWith(path, below)) break
    const each = cursor.entry()
    if (each.op === 'delete') continue
    stream.copy(target + path.toString('utf8', below.length), copy.datum, { entry: each, replaces, attributes: undefined })
  }
}

/** Everywhere else the project defaults to `default`. */
function requireProject(commit: Commit | undefined): void {
  if (commit === undefined || commit.repo === undefined || commit.repo.name === fileSetRepo || commit.repo.project !== undefined) return
  const steps = (commit.branch?.name ?? '') === '' ? 'picking commit: picking repo: ' : 'picking commit: picking branch: picking repo: '
  throw new RpcFailure(Code.unknown, `pick commit tx: ${steps}project picker cannot be nil`)
}
