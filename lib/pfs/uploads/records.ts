import type { Attributes, Part, Stat, Staged, Upload, Written } from '../contract'
import { parseUploadPath, timeOfId } from './paths'

/*
 * Records of uploads are empty files whose attributes say everything, so that one List answers a page of them, and the
 * committer's judges see them. The names of the entries are a storage format:
 *
 * | record    | entry       | value |
 * | ---       | ---         | --- |
 * | upload    | `a:<name>`  | an attribute that the object is to have |
 * |           | `claim`     | who completes it: `<gateway> <digest of the part list> <commit of the branch>`; absent where |
 * |           |             | nobody does; the last of the three is missing in old records |
 * | part      | `size`      | bytes, in decimal |
 * |           | `md5`       | hex |
 * |           | `set`       | id of the file set that holds the bytes |
 * |           | `c:<name>`  | a checksum, base64 |
 * | tombstone | `digest`    | of the part list |
 * |           | `key`       | `<branch>/<key>` that the upload was of |
 * |           | `version`   | id of the commit that holds the object |
 * |           | `time`      | of that commit, ms since 1970 |
 * |           | `a:<name>`  | an attribute that the object has |
 */

/** Records have no content. */
export const noContent: Staged = { size: 0, content: { kind: 'held', bytes: Buffer.alloc(0) }, discard: () => Promise.resolve() }

/** An upload that is being completed. */
export interface Claim {
  /** The gateway process that does it. */
  readonly gateway: string
  readonly digest: string
  /** What readers of the object's branch saw before the claim: the object comes behind it. '' where that is not known. */
  readonly seen: string
}

export interface UploadRecord {
  readonly upload: Upload
  readonly claim: Claim | undefined
  /** When the record was last written, by the server's clock. */
  readonly written: Date
}

export function uploadRecord(attributes: Attributes, claim: Claim | undefined): Attributes {
  const entries = prefixed('a:', attributes.entries)
  if (claim !== undefined) entries['claim'] = `${claim.gateway} ${claim.digest} ${claim.seen}`
  return { entries }
}

/** `key` is the record's path. */
export function parseUploadRecord(stat: Stat, bucket: string): UploadRecord {
  const entries = entriesOf(stat)
  const { key, id } = parseUploadPath(stat.key)
  const upload = { id, bucket, key, initiated: new Date(timeOfId(id)), attributes: { entries: unprefixed('a:', entries) } }
  return { upload, claim: parseClaim(entries['claim']), written: stat.modified }
}

function parseClaim(text: string | undefined): Claim | undefined {
  if (text === undefined) return undefined
  const [gateway = '', digest = '', seen = ''] = text.split(' ')
  return { gateway, digest, seen }
}

export function partRecord(part: Omit<Part, 'modified' | 'number'>): Attributes {
  const checksums = Object.fromEntries(Object.entries(part.checksums).map(([name, digest]) => [name, digest.toString('base64')]))
  return { entries: { size: String(part.size), md5: part.md5.toString('hex'), set: part.fileSet, ...prefixed('c:', checksums) } }
}

export function parsePartRecord(stat: Stat): Part {
  const entries = entriesOf(stat)
  const checksums = Object.entries(unprefixed('c:', entries)).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const)
  return {
    number: Number(stat.key.slice(stat.key.lastIndexOf('/') + 1)),
    size: Number(entries['size'] ?? 0),
    modified: stat.modified,
    md5: Buffer.from(entries['md5'] ?? '', 'hex'),
    checksums: Object.fromEntries(checksums),
    fileSet: entries['set'] ?? '',
  }
}

export interface Tombstone {
  readonly digest: string
  readonly branch: string
  readonly key: string
  readonly written: Written
  readonly attributes: Attributes
}

export function tombstoneRecord(tombstone: Tombstone): Attributes {
  const { digest, branch, key, written, attributes } = tombstone
  const entries = { digest, key: `${branch}/${key}`, version: written.version, time: String(written.time.getTime()) }
  return { entries: { ...entries, ...prefixed('a:', attributes.entries) } }
}

export function parseTombstone(stat: Stat): Tombstone {
  const entries = entriesOf(stat)
  const place = entries['key'] ?? ''
  const slash = place.indexOf('/')
  return {
    digest: entries['digest'] ?? '',
    branch: place.slice(0, slash),
    key: place.slice(slash + 1),
    written: { version: entries['version'] ?? '', time: new Date(Number(entries['time'] ?? 0)), refused: new Map() },
    attributes: { entries: unprefixed('a:', entries) },
  }
}

function entriesOf(stat: Stat): Readonly<Record<string, string>> {
  return stat.attributes?.entries ?? {}
}

function prefixed(prefix: string, entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [prefix + name, value]))
}

function unprefixed(prefix: string, entries: Readonly<Record<string, string>>): Record<string, string> {
  const found = Object.entries(entries).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]))
}
