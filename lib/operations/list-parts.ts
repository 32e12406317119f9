import type { Reply } from '../kit/reply'
import { limits } from '../limits'
import type { Part } from '../pfs/contract'
import { isoDate } from '../s3/date'
import { encodingType, initiatorElement, ownerElement, shownName } from '../s3/listing'
import { partEtag, shownChecksum, uploadIdOf } from '../s3/multipart'
import { pageCount } from '../s3/page-count'
import { announcedUploadChecksum } from '../s3/upload-checksum'
import { element, optionalElement, xmlReply } from '../s3/xml'
import type { Call, ObjectScope, Operation } from './operation'

/** List of the upload's record, List of its parts' records. */
export const listParts = { name: 'ListParts', scope: 'object', permission: 'read', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { query, pfs: { uploads }, scope: { bucket, key } } = call
  const max = pageCount(query, 'max-parts', limits.listKeysMax)
  const marker = pageCount(query, 'part-number-marker', limits.partsMax)
  // The count of an absent marker is its bound, which would leave out every part.
  const after = (query.get('part-number-marker') ?? '') === '' ? 0 : marker
  const encoding = { encodingType: encodingType(query) }
  const upload = await uploads.get(bucket, key, uploadIdOf(query))
  const { parts, more } = max === 0 ? { parts: [], more: false } : await uploads.parts(upload, after, max)
  const announced = announcedUploadChecksum(upload.attributes.entries)
  return xmlReply('ListPartsResult',
    element('Bucket', bucket) + optionalElement('EncodingType', encoding.encodingType) + element('Key', shownName(key, encoding)) +
    element('UploadId', upload.id) + initiatorElement + ownerElement + element('StorageClass', 'STANDARD') +
    element('PartNumberMarker', after) + element('NextPartNumberMarker', parts.at(-1)?.number ?? 0) + element('MaxParts', max) +
    element('IsTruncated', more) + optionalElement('ChecksumAlgorithm', announced?.algorithm) +
    optionalElement('ChecksumType', announced?.type) + parts.map(partElement).join(''))
}

function partElement(part: Part): string {
  const checksum = shownChecksum(part)
  return '<Part>' + element('PartNumber', part.number) + element('LastModified', isoDate(part.modified)) + element('ETag', partEtag(part)) +
    element('Size', part.size) + (checksum === undefined ? '' : element(...checksum)) + '</Part>'
}
