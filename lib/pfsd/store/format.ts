import { randomUUID } from 'node:crypto'
import { StoreDamaged, StoreRefused } from './failure'
import type { Files } from './files'
import type { Layout } from './layout'
import { syncDirectory } from './sync-directory'

/** What a store was made with; it never changes. */
export interface Format { readonly version: 1, readonly uuid: string, readonly segmentBytes: number }

/** Written aside, synced and renamed, so that it is there whole or not at all. */
export async function writeFormat(files: Files, layout: Layout, segmentBytes: number): Promise<Format> {
  const format: Format = { version: 1, uuid: randomUUID(), segmentBytes }
  const aside = `${layout.format}.new`
  if ((await files.list(layout.root)).includes('FORMAT.new')) await files.unlink(aside)
  const fd = await files.open(aside, 'create')
  try {
    await files.writev(fd, [Buffer.from(JSON.stringify(format) + '\n')], 0)
    await files.datasync(fd)
  } finally {
    await files.close(fd)
  }
  await files.rename(aside, layout.format)
  await syncDirectory(files, layout.root)
  return format
}

/** Undefined: there is none. Throws a StoreRefused or StoreDamaged for one that is not ours. */
export async function readFormat(files: Files, layout: Layout): Promise<Format | undefined> {
  if (!(await files.list(layout.root)).includes('FORMAT')) return undefined
  const fd = await files.open(layout.format, 'read')
  try {
    const bytes = Buffer.alloc(await files.size(fd))
    await files.read(fd, bytes, 0)
    const found: unknown = JSON.parse(bytes.toString())
    // Whatever the file holds, the three members are there, and a version or size of another type fails the tests below.
    const { version, uuid, segmentBytes } = { version: 0, uuid: '', segmentBytes: 0, ...(typeof found === 'object' ? found : {}) }
    if (version !== 1) throw new StoreRefused(`${layout.root} has format version ${String(version)}; this program reads version 1`)
    if (!(segmentBytes > 0)) throw new StoreDamaged('FORMAT has no segment size')
    return { version, uuid, segmentBytes }
  } catch (error) {
    throw error instanceof SyntaxError ? new StoreDamaged('FORMAT cannot be read', error) : error
  } finally {
    await files.close(fd)
  }
}
