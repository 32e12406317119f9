import { limits } from '../limits'
import { page, type Page } from '../model/page'
import { pathOfKey } from '../model/key'
import type { Unary } from '../service'
import type { ListedFile, ListRequest, ListResponse } from '../../wire/messages'
import type { Describer } from './shared/file-info'
import type { Instance } from './shared/instance'
import { openReading } from './shared/reading'

/**
 * One page of a flat or delimited listing of a commit, in byte order; its cost is that of what it shows. Not pachd's: there a
 * page costs a stream for every common prefix. `last`, with `truncated`, is where the next page begins; prefixes and bounds are
 * raw bytes of paths, the slash in front included.
 */
export function list(instance: Instance): Unary<ListRequest, ListResponse> {
  return (request) => {
    const repo = { name: request.repo ?? '', type: request.repo_type ?? 'user', project: { name: request.project ?? '' } }
    const { walking, describer } = openReading(instance, { repo, id: request.commit_id ?? '' })
    const listed = page(walking.nodes, walking.root, {
      prefix: Buffer.from(request.prefix ?? ''),
      delimiter: Buffer.from(request.delimiter ?? ''),
      after: Buffer.from(request.after ?? ''),
      afterSubtree: request.after_subtree === true,
      limit: Math.min(request.limit ?? 0, limits.listedFilesMax),
    })
    return answer(listed, describer)
  }
}

/** A promise only where some file's attributes are too long to be read on the spot. */
function answer(listed: Page, describer: Describer): ListResponse | Promise<ListResponse> {
  const waits: Array<Promise<void>> = []
  const response: ListResponse = {}
  const files = listed.files.map(({ key, entry }) => {
    const file: ListedFile = { path: pathOfKey(key).toString() }
    if (entry.size !== 0) file.size_bytes = entry.size
    const created = describer.created(entry)
    if (created !== undefined) file.created = created
    if (entry.attributes === undefined) return file
    const attributes = describer.attributes(entry.attributes)
    if (attributes instanceof Promise) waits.push(attributes.then((some) => { file.attributes = some }))
    else file.attributes = attributes
    return file
  })
  if (files.length > 0) response.files = files
  if (listed.commonPrefixes.length > 0) response.common_prefixes = listed.commonPrefixes.map((prefix) => prefix.toString())
  if (listed.truncated) response.truncated = true
  if (listed.last !== undefined) response.last = listed.last.toString()
  return waits.length === 0 ? response : Promise.all(waits).then(() => response)
}
