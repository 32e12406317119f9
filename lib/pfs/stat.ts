import { limits } from '../limits'
import type { FileInfo, ListedFile } from '../wire/messages'
import { attributesFromWire } from './attributes'
import type { Attributes, Snapshot, Stat } from './contract'
import { millisOf } from './wire-ref'

/** A commit of any repo; the type is `user` where absent, as snapshots have it. */
export type Tree = Snapshot & { readonly type?: string }

/** What a file is, whatever snapshot it is seen in. */
export type FileFacts = Omit<Stat, 'snapshot' | 'body'>

/** Field by field: a spread would cost a page of a listing as much as its look-up. */
type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] }

/** Either message says the same things of a file; `committed` is what a server without `created` knows of its time. */
export function factsOf(key: string, info: FileInfo & ListedFile, commit: string): FileFacts {
  const time = millisOf(info.created?.time) ?? millisOf(info.committed) ?? 0
  const size = info.size_bytes ?? 0
  const facts: Writable<FileFacts> = { key, size, version: info.created?.commit_id ?? commit, modified: new Date(time) }
  if (info.attributes !== undefined) facts.attributes = fitting(attributesFromWire(info.attributes), size)
  if (info.hash !== undefined && info.hash.length > 0) facts.hash = info.hash
  if (info.revision !== undefined) facts.revision = info.revision
  return facts
}

/** `content` is a body only if it is all of a file, and as short as was asked for: another server may mean other things by the field. */
export function seenIn(tree: Tree, facts: FileFacts, content?: Buffer): Stat {
  const { key, size, version, modified, attributes, hash, revision } = facts
  const stat: Writable<Stat> = { key, size, version, modified, snapshot: tree }
  if (attributes !== undefined) stat.attributes = attributes
  if (hash !== undefined) stat.hash = hash
  if (revision !== undefined) stat.revision = revision
  if (content?.length === size && size <= limits.broughtBodyBytesMax) stat.body = content
  return stat
}

/** Any PFS client can write a part table: one that does not add up to the file is none, for ranges are read by it. */
function fitting(attributes: Attributes, size: number): Attributes {
  const { entries, parts } = attributes
  if (parts === undefined) return attributes
  let sum = 0
  for (const part of parts.sizes) sum += part
  return sum === size && parts.numbers.length === parts.sizes.length ? attributes : { entries }
}
