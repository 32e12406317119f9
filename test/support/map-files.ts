import type { FileAttributes, FileInfo, ListRequest, ListResponse } from '../../lib/wire/messages'

/** A file of a server of maps. */
export interface FakeFile { bytes: Buffer, attributes?: FileAttributes, created: string, time: number }

/** As List answers; by the plainest way there is. */
export function pageOf(files: Map<string, FakeFile>, request: ListRequest): ListResponse {
  const page = { files: [] as NonNullable<FileInfo['file']>[], common_prefixes: [] as string[] }
  let last = ''
  for (const [path, file] of ordered(files)) {
    if (!path.startsWith(request.prefix ?? '') || path <= (request.after ?? '')) continue
    if (request.after_subtree === true && path.startsWith(request.after ?? '')) continue
    const at = request.delimiter === undefined ? -1 : path.indexOf(request.delimiter, (request.prefix ?? '').length)
    const prefix = at === -1 ? undefined : path.slice(0, at + (request.delimiter ?? '').length)
    if (prefix !== undefined && page.common_prefixes.includes(prefix)) continue
    if (page.files.length + page.common_prefixes.length === request.limit) return { ...page, truncated: true, last }
    last = prefix ?? path
    if (prefix !== undefined) page.common_prefixes.push(prefix)
    else page.files.push({ path, size_bytes: file.bytes.length, created: { commit_id: file.created, time: stamp(file.time) } } as object)
  }
  return page
}

export function ordered(files: Map<string, FakeFile>): [string, FakeFile][] {
  return [...files].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/** Ids ascend. */
export function revisionOf(file: FakeFile | undefined): number {
  return file === undefined ? 0 : parseInt(file.created.slice(0, 12), 16)
}

export function stamp(ms: number): { seconds: number, nanos: number } {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 }
}
