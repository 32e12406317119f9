import type { Reply } from '../kit/reply'
import { limits } from '../limits'
import type { Upload, UploadPage } from '../pfs/contract'
import { isoDate } from '../s3/date'
import { encodingType, initiatorElement, ownerElement, shownName } from '../s3/listing'
import { pageCount } from '../s3/page-count'
import { announcedUploadChecksum } from '../s3/upload-checksum'
import { element, optionalElement, xmlReply } from '../s3/xml'
import type { BucketScope, Call, Operation } from './operation'

/** InspectBranch, one List. An id marker counts only beside a key marker, and an empty delimiter is none. */
export const listMultipartUploads = {
  name: 'ListMultipartUploads', scope: 'bucket', permission: 'read', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  const { query, pfs, scope: { bucket } } = call
  const max = pageCount(query, 'max-uploads', limits.listKeysMax)
  const encoding = { encodingType: encodingType(query) }
  const shown = (name: string): string => shownName(name, encoding)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const keyMarker = query.get('key-marker') ?? ''
  const idMarker = query.get('upload-id-marker') ?? ''
  // A page of none is looked up as one of one, for the bucket must be there all the same.
  const wanted = { prefix, delimiter, keyMarker, idMarker: keyMarker === '' ? '' : idMarker, limit: Math.max(max, 1) }
  const page = await pfs.uploads.list(bucket, wanted)
  const { uploads, commonPrefixes, next }: UploadPage = max === 0 ? { uploads: [], commonPrefixes: [], next: undefined } : page
  // S3 names the last upload even where nothing follows it.
  const last = next ?? uploads.at(-1)
  return xmlReply('ListMultipartUploadsResult',
    element('Bucket', bucket) + element('KeyMarker', shown(keyMarker)) + element('UploadIdMarker', idMarker) +
    element('NextKeyMarker', shown(last?.key ?? '')) + element('NextUploadIdMarker', last?.id ?? '') +
    element('Prefix', shown(prefix)) + optionalElement('Delimiter', delimiter === '' ? undefined : shown(delimiter)) +
    optionalElement('EncodingType', encoding.encodingType) + element('MaxUploads', max) + element('IsTruncated', next !== undefined) +
    uploads.map((upload) => uploadElement(upload, shown)).join('') +
    commonPrefixes.map((each) => `<CommonPrefixes>${element('Prefix', shown(each))}</CommonPrefixes>`).join(''))
}

function uploadElement(upload: Upload, shown: (name: string) => string): string {
  const announced = announcedUploadChecksum(upload.attributes.entries)
  return '<Upload>' + element('Key', shown(upload.key)) + element('UploadId', upload.id) + initiatorElement + ownerElement +
    '<StorageClass>STANDARD</StorageClass>' + element('Initiated', isoDate(upload.initiated)) +
    optionalElement('ChecksumAlgorithm', announced?.algorithm) + optionalElement('ChecksumType', announced?.type) + '</Upload>'
}
