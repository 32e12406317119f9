import type { Head } from '../kit/head'
import type { Reply } from '../kit/reply'
import { limits } from '../limits'
import type { PartTable, Stat } from '../pfs/contract'
import { algorithmNamed, checksumElements, storedChecksum } from '../s3/checksum'
import { httpDate } from '../s3/date'
import { bareEtagOf } from '../s3/etag'
import { invalidArgument, invalidRequest } from '../s3/refusal'
import { refuseCustomerKey } from '../s3/unsupported'
import { requestedVersion } from '../s3/version-id'
import { element, xmlReply } from '../s3/xml'
import type { Call, ObjectScope, Operation } from './operation'
import { findObject, shownVersion } from './shared/find-object'

/**
 * InspectBranch, GlobFile exact. Only what was asked for is told; of an object that was written whole there are no parts to
 * tell, as S3 has it.
 */
export const getObjectAttributes = {
  name: 'GetObjectAttributes', scope: 'object', permission: 'read', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, scope } = call
  refuseCustomerKey(head)
  const wanted = wantedAttributes(head)
  const page = { max: number(head, 'max-parts', limits.listKeysMax), after: number(head, 'part-number-marker', 0) }
  const stat = await findObject(call.pfs, { bucket: scope.bucket, key: scope.key, version: requestedVersion(call.query) })
  const parts = stat.attributes?.parts
  let content = ''
  if (wanted.has('ETag')) content += element('ETag', bareEtagOf(stat))
  if (wanted.has('Checksum')) content += checksum(stat)
  if (wanted.has('ObjectParts') && parts !== undefined) content += objectParts(parts, page)
  if (wanted.has('StorageClass')) content += element('StorageClass', 'STANDARD')
  if (wanted.has('ObjectSize')) content += element('ObjectSize', stat.size)
  return xmlReply('GetObjectAttributesResponse', content, [
    ['Last-Modified', httpDate(stat.modified)],
    ['x-amz-version-id', shownVersion(stat)],
  ])
}

const known: ReadonlySet<string> = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'])

/** The header is a list, and may come in several fields. InvalidRequest for none, InvalidArgument for a name S3 does not have. */
function wantedAttributes(head: Head): ReadonlySet<string> {
  const names = head.all('x-amz-object-attributes').join(',').split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (names.length === 0) {
    throw invalidRequest('The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty')
  }
  for (const name of names) {
    if (known.has(name)) continue
    throw invalidArgument('x-amz-object-attributes', name, 'Invalid attribute name specified.')
  }
  return new Set(names)
}

/** A whole number of up to 31 bits; anything else is InvalidArgument. */
function number(head: Head, name: string, otherwise: number): number {
  const text = head.get(`x-amz-${name}`)
  if (text === undefined) return otherwise
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Infinity
  if (value <= 2147483647) return value
  throw invalidArgument(name, text, `Argument ${name} must be an integer between 0 and 2147483647`)
}

function checksum(stat: Stat): string {
  const stored = checksumElements(storedChecksum(stat.attributes?.entries))
  // Here alone S3 shows a composite checksum without its number of parts, which ObjectParts tells.
  const elements = stored.map(([name, text]) => element(name, text.replace(/-\d+$/, '')))
  return elements.length === 0 ? '' : `<Checksum>${elements.join('')}</Checksum>`
}

/** A page of the parts, in order of their numbers; the count is of all of them. */
function objectParts(parts: PartTable, page: { readonly max: number, readonly after: number }): string {
  const first = parts.numbers.findIndex((each) => each > page.after)
  const start = first === -1 ? parts.numbers.length : first
  const max = Math.min(page.max, limits.listKeysMax)
  const end = Math.min(start + max, parts.numbers.length)
  const algorithm = algorithmNamed(parts.checksumAlgorithm ?? '')
  let listed = ''
  for (let i = start; i < end; i++) {
    const digest = parts.checksums?.[i]
    const sum = algorithm === undefined || digest === undefined ? '' : element(`Checksum${algorithm}`, digest.toString('base64'))
    listed += `<Part>${element('PartNumber', parts.numbers[i] ?? 0)}${element('Size', parts.sizes[i] ?? 0)}${sum}</Part>`
  }
  const next = end > start ? parts.numbers[end - 1] ?? 0 : 0
  return '<ObjectParts>' + element('PartsCount', parts.numbers.length) + element('PartNumberMarker', page.after) +
    element('NextPartNumberMarker', next) + element('MaxParts', max) + element('IsTruncated', end < parts.numbers.length) +
    listed + '</ObjectParts>'
}
