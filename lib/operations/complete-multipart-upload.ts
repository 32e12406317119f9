import type { Reply } from '../kit/reply'
import { limits } from '../limits'
import type { Attributes, Completion, Upload, Written } from '../pfs/contract'
import { PfsError } from '../pfs/failure'
import { checksumElements, storedChecksum } from '../s3/checksum'
import { parseCompleteRequest, type ListedPart } from '../s3/complete-request'
import { writeJudge } from '../s3/condition'
import { S3Error } from '../s3/error'
import { multipartEtagEntry } from '../s3/etag'
import { checkObjectSize, chooseParts, completionDigest, sizeOf, uploadIdOf } from '../s3/multipart'
import { refuseUnsupported } from '../s3/unsupported'
import { announcedUploadChecksum, objectEntries, uploadChecksum } from '../s3/upload-checksum'
import { element, xmlReply } from '../s3/xml'
import type { Call, ObjectScope, Operation } from './operation'
import { inTurns } from './shared/in-turns'

/**
 * List of the upload's record, List of its parts' records, InspectBranch, ModifyFile (claim) behind GlobFile, ComposeFileSet,
 * ModifyFile (the object), with a condition behind InspectBranch and GlobFile, List of the parts again, ModifyFile (tombstone). No
 * byte is moved, so the answer need not be kept alive.
 *
 * A request that is sent again, at the same time or for a day afterwards, is answered as it was the first time. That is asked
 * only where it fails, which it must, since the upload is no more.
 */
export const completeMultipartUpload = {
  name: 'CompleteMultipartUpload', scope: 'object', permission: 'write',
  body: { kind: 'xml', bytesMax: limits.completeXmlBytesMax, checksumOfObject: true }, run,
} satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, query, pfs: { uploads }, scope: { bucket, key } } = call
  refuseUnsupported(head)
  const listed = await inTurns(parseCompleteRequest(call.xml))
  const digest = completionDigest(head, listed)
  const judge = writeJudge(head)
  const id = uploadIdOf(query)
  try {
    const upload = await uploads.get(bucket, key, id)
    const completion: Completion = { ...await completionOf(call, upload, listed), digest, ...judge === undefined ? {} : { judge } }
    return completed(call, await uploads.complete(upload, completion), completion.attributes)
  } catch (error) {
    const earlier = mayBeDone(error) ? await uploads.completed(bucket, key, id, digest) : undefined
    if (earlier !== undefined) return completed(call, earlier.written, earlier.attributes)
    // A part was replaced while the object was put together: what was listed is there no more.
    throw error instanceof PfsError && error.kind === 'no-file-set' ? new S3Error('InvalidPart') : error
  }
}

/** Whether the failure may be due to an earlier request for the same: then upload and parts are gone. */
function mayBeDone(error: unknown): boolean {
  if (error instanceof PfsError) return error.kind === 'no-upload' || error.kind === 'no-file-set'
  return error instanceof S3Error && error.code === 'InvalidPart'
}

/** What the object is made of, judged against all that was uploaded. */
async function completionOf(
  call: Call<ObjectScope>, upload: Upload, listed: readonly ListedPart[],
): Promise<Pick<Completion, 'parts' | 'attributes'>> {
  const { parts: uploaded } = await call.pfs.uploads.parts(upload, 0, limits.partsMax)
  const byNumber = new Map(uploaded.map((part) => [part.number, part]))
  const parts = chooseParts(listed, byNumber)
  checkObjectSize(call.head, sizeOf(parts))
  const checksum = await uploadChecksum(call.head, announcedUploadChecksum(upload.attributes.entries), parts)
  const etag = multipartEtagEntry(parts.map((part) => part.md5))
  const digests = Object.fromEntries(checksum === undefined ? [etag] : [etag, checksum.entry])
  return {
    parts,
    attributes: {
      entries: { ...objectEntries(upload.attributes.entries), ...digests },
      parts: {
        numbers: parts.map((part) => part.number),
        sizes: parts.map((part) => part.size),
        ...checksum === undefined ? {} : { checksumAlgorithm: checksum.algorithm, checksums: checksum.digests },
      },
    },
  }
}

/** Tells of the object as it was made. The address is the one that the client used: the gateway knows no other name of its own. */
function completed(call: Call<ObjectScope>, written: Written, attributes: Attributes): Reply {
  const { head, secure, scope: { bucket, key } } = call
  const checksum = checksumElements(storedChecksum(attributes.entries)).map(([name, text]) => element(name, text))
  const host = head.get('host')
  const location = host === undefined ? head.path : `${secure ? 'https' : 'http'}://${host}${head.path}`
  const etag = `"${attributes.entries['d:etag'] ?? ''}"`
  return xmlReply('CompleteMultipartUploadResult',
    element('Location', location) + element('Bucket', bucket) + element('Key', key) + element('ETag', etag) + checksum.join(''),
    [['x-amz-version-id', written.version]])
}
