import { noBody, type HeaderList, type Reply } from '../../kit/reply'
import type { Stat } from '../../pfs/contract'
import { algorithmNamed, checksumHeaders, checksumsWanted, storedChecksum, type StoredChecksum } from '../../s3/checksum'
import { judgeRead, rangeHolds } from '../../s3/condition'
import { httpDate } from '../../s3/date'
import { etagOf } from '../../s3/etag'
import { metadataHeaders } from '../../s3/metadata'
import { select, type Selection } from '../../s3/range'
import { responseOverrides } from '../../s3/response-override'
import { refuseCustomerKey } from '../../s3/unsupported'
import { requestedVersion } from '../../s3/version-id'
import type { Call, ObjectScope } from '../operation'
import { findObject, shownVersion } from './find-object'

/** What GetObject and HeadObject have in common: everything but the bytes. */
type ConditionalRead =
  | { readonly kind: 'not-modified', readonly reply: Reply }
  | { readonly kind: 'content', readonly stat: Stat, readonly selection: Selection, readonly headers: HeaderList }

/**
 * Resolves, judges the conditions, selects the range, and puts the headers together: in this order, which is S3's where several
 * things are wrong. NoSuchKey, NoSuchVersion, PreconditionFailed, InvalidRange, InvalidPartNumber.
 */
export async function conditionalRead(call: Call<ObjectScope>): Promise<ConditionalRead> {
  const { head, query, scope } = call
  refuseCustomerKey(head)
  const overrides = responseOverrides(head, query)
  const version = requestedVersion(query)
  const stat = await findObject(call.pfs, { bucket: scope.bucket, key: scope.key, version }, wantsAll(call))
  if (judgeRead(head, stat) === 'not-modified') return { kind: 'not-modified', reply: notModified(stat) }
  // Several fields are several ranges, which S3 answers with the whole object.
  const range = head.has('range') ? head.all('range').join(',') : undefined
  const selection = select(rangeHolds(head, stat) ? range : undefined, query.get('partNumber'), stat)
  const headers: (readonly [string, string])[] = [
    ['Accept-Ranges', 'bytes'],
    ['ETag', etagOf(stat)],
    ['Last-Modified', httpDate(stat.modified)],
    ['x-amz-version-id', shownVersion(stat)],
  ]
  for (const header of metadataHeaders(stat.attributes?.entries, scope.key)) if (!overrides.has(header[0])) headers.push(header)
  headers.push(...overrides)
  if (selection.contentRange !== undefined) headers.push(['Content-Range', selection.contentRange])
  const parts = stat.attributes?.parts
  if (selection.part !== undefined && parts !== undefined) headers.push(['x-amz-mp-parts-count', String(parts.sizes.length)])
  if (checksumsWanted(head)) headers.push(...checksumHeaders(checksumOf(stat, selection)))
  return { kind: 'content', stat, selection, headers }
}

/** Whoever has the object, may be refused it, or wants a part of it, is not to cost its bytes. */
function wantsAll({ head, query }: Call<ObjectScope>): boolean {
  return head.method === 'GET' && !narrowing.some((name) => head.has(name)) && !query.has('partNumber')
}

const narrowing = ['range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']

/** What a cache needs to renew what it has: RFC 9110 asks for these fields and no others. */
function notModified(stat: Stat): Reply {
  const headers: (readonly [string, string])[] = [
    ['ETag', etagOf(stat)],
    ['Last-Modified', httpDate(stat.modified)],
    ['x-amz-version-id', shownVersion(stat)],
  ]
  const caching = metadataHeaders(stat.attributes?.entries, stat.key).filter(([name]) => name === 'Cache-Control' || name === 'Expires')
  return { status: 304, headers: [...headers, ...caching], body: noBody }
}

/**
 * The checksum of what is answered: SDKs verify whatever they see against the bytes they got. So a range has none, and a
 * part has its own. The one part of an object written whole is all of it: transfer managers begin by asking for part 1, and
 * small objects would else be the ones that no client verifies.
 */
function checksumOf(stat: Stat, selection: Selection): StoredChecksum | undefined {
  const whole = storedChecksum(stat.attributes?.entries)
  const parts = stat.attributes?.parts
  if (selection.status === 200) return whole
  if (selection.part === undefined) return undefined
  if (parts === undefined) return whole
  const algorithm = algorithmNamed(parts.checksumAlgorithm ?? '')
  const digest = parts.checksums?.[selection.part]
  if (algorithm === undefined || digest === undefined) return undefined
  return { algorithm, value: digest.toString('base64'), type: whole?.type ?? 'COMPOSITE' }
}
