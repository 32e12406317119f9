import type { Reply } from '../kit/reply'
import { metadataOf } from '../s3/metadata'
import { refuseUnsupported } from '../s3/unsupported'
import { announcedUploadChecksum, uploadChecksumEntries } from '../s3/upload-checksum'
import { element, xmlReply } from '../s3/xml'
import type { Call, ObjectScope, Operation } from './operation'

/** InspectBranch, ModifyFile of a record; with the first upload of a repo also CreateRepo and CreateBranch. */
export const createMultipartUpload = {
  name: 'CreateMultipartUpload', scope: 'object', permission: 'write', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, pfs, scope: { bucket, key } } = call
  refuseUnsupported(head)
  const entries = { ...metadataOf(head), ...uploadChecksumEntries(head) }
  const upload = await pfs.uploads.create(bucket, key, { entries })
  const announced = announcedUploadChecksum(entries)
  return xmlReply('InitiateMultipartUploadResult', element('Bucket', bucket) + element('Key', key) + element('UploadId', upload.id),
    announced === undefined ? [] : [['x-amz-checksum-algorithm', announced.algorithm], ['x-amz-checksum-type', announced.type]])
}
