import { limits } from '../limits'
import { storedChecksum } from './checksum'
import { isoDate } from './date'
import { bareEtagOf } from './etag'
import { owner } from './names'
import type { ObjectFacts } from './object-facts'
import { pageCount } from './page-count'
import { percentEncode } from './percent'
import type { Query } from './query'
import { invalidArgument } from './refusal'
import { element } from './xml'

/** What ListObjects and ListObjectsV2 have in common: parameters in, elements out. */
export interface Listing {
  readonly prefix: string
  /** '' for none. */
  readonly delimiter: string
  /** 0 to 1,000. */
  readonly maxKeys: number
  readonly encodingType: 'url' | undefined
}

/** InvalidArgument for what S3 refuses. */
export function parseListing(query: Query): Listing {
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: pageCount(query, 'max-keys', limits.listKeysMax, 'maxKeys'),
    encodingType: encodingType(query),
  }
}

/** `encoding-type`: url, or nothing. */
export function encodingType(query: Query): 'url' | undefined {
  const type = query.get('encoding-type')
  if (type === undefined || type === '') return undefined
  if (type !== 'url') {
    throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request')
  }
  return type
}

/**
 * Where a page begins that follows `position`. A position at or inside a common prefix leaves out all that the prefix stands
 * for: it sorts before its own keys, so a page that showed it again would show what came before the position.
 */
export function pageStart(position: string, listing: Listing): { readonly after: string, readonly afterSubtree: boolean } {
  const { prefix, delimiter } = listing
  const cut = delimiter === '' || !position.startsWith(prefix) ? -1 : position.indexOf(delimiter, prefix.length)
  return cut === -1 ? { after: position, afterSubtree: false } : { after: position.slice(0, cut + delimiter.length), afterSubtree: true }
}

/** A name as the listing shows it: percent-encoded if asked for. */
export function shownName(name: string, listing: { readonly encodingType: 'url' | undefined }): string {
  return listing.encodingType === 'url' ? percentEncode(name) : name
}

interface ListedObject extends ObjectFacts { readonly key: string }

/** The `Contents` and `CommonPrefixes` elements of a page, in S3's order of members. */
export function listingEntries(page: ListingPage, listing: Listing, withOwner: boolean): string {
  const ownedBy = withOwner ? ownerElement : ''
  const dates = new Map<number, string>()
  let xml = ''
  for (const file of page.files) {
    const checksum = storedChecksum(file.attributes?.entries)
    xml += '<Contents>' + element('Key', shownName(file.key, listing)) + `<LastModified>${dateOf(file.modified, dates)}</LastModified>` +
      // Of all this only the key can hold what must be escaped.
      `<ETag>&quot;${bareEtagOf(file)}&quot;</ETag>` + (checksum === undefined ? ''
        : `<ChecksumAlgorithm>${checksum.algorithm}</ChecksumAlgorithm><ChecksumType>${checksum.type}</ChecksumType>`) +
      `<Size>${String(file.size)}</Size>${ownedBy}<StorageClass>STANDARD</StorageClass></Contents>`
  }
  for (const prefix of page.commonPrefixes) xml += `<CommonPrefixes>${element('Prefix', shownName(prefix, listing))}</CommonPrefixes>`
  return xml
}

/** Objects that were written in one commit have one date, and `dates` has it once. */
function dateOf(modified: Date, dates: Map<number, string>): string {
  const time = modified.getTime()
  let text = dates.get(time)
  if (text === undefined) dates.set(time, text = isoDate(modified))
  return text
}

interface ListingPage {
  readonly files: readonly ListedObject[]
  readonly commonPrefixes: readonly string[]
}

export const ownerElement = `<Owner>${element('ID', owner.id)}${element('DisplayName', owner.displayName)}</Owner>`

/** Who began an upload is, as far as S3 accounts go, the same. */
export const initiatorElement = `<Initiator>${element('ID', owner.id)}${element('DisplayName', owner.displayName)}</Initiator>`
