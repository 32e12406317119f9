import type { FileInfo, ListedFile } from '../wire/messages'
import { attributesFromWire } from './attributes'
import type { Attributes, Snapshot, Stat } from './contract'
import { millisOf } from './wire-ref'

/** A commit of any repo; the type is `user` where absent, as snapshots have it. */
export type Tree = Snapshot & { readonly type?: string }

/** What a file is, whatever snapshot it is seen in. */
export type FileFacts = Omit<Stat, 'snapshot'>

/** Either message says the same things of a file; `committed` is what a server without `created` knows of its time. */
export function factsOf(key: string, info: FileInfo & ListedFile, commit: string): FileFacts {
  const time = millisOf(info.created?.time) ?? millisOf(info.committed) ?? 0
  const size = info.size_bytes ?? 0
  return {
    key,
    size,
    version: info.created?.commit_id ?? commit,
    modified: new Date(time),
    ...(info.attributes === undefined ? {} : { attributes: fitting(attributesFromWire(info.attributes), size) }),
    ...(info.hash === undefined || info.hash.length === 0 ? {} : { hash: info.hash }),
  }
}

export function seenIn(tree: Tree, facts: FileFacts): Stat {
  return { ...facts, snapshot: tree }
}

/** Any PFS client can write a part table: one that does not add up to the file is none, for ranges are read by it. */
function fitting(attributes: Attributes, size: number): Attributes {
  const { entries, parts } = attributes
  if (parts === undefined) return attributes
  let sum = 0
  for (const part of parts.sizes) sum += part
  return sum === size && parts.numbers.length === parts.sizes.length ? attributes : { entries }
}
