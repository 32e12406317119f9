import type { Reply } from '../kit/reply'
import type { Stat } from '../pfs/contract'
import { decodeChecksum, storedChecksum, type ChecksumAlgorithm } from '../s3/checksum'
import { judgeCopySource } from '../s3/condition'
import { copySource } from '../s3/copy-source'
import { isoDate } from '../s3/date'
import { copySourceRange, partEtag, shownChecksum, uploadIdOf } from '../s3/multipart'
import { parsePartNumber } from '../s3/range'
import { refuseUnsupported } from '../s3/unsupported'
import { announcedUploadChecksum } from '../s3/upload-checksum'
import { element, xmlReply } from '../s3/xml'
import type { Call, ObjectScope, Operation } from './operation'
import { findObject, shownVersion } from './shared/find-object'
import { restage } from './shared/restage'

/**
 * What UploadPart costs, and InspectBranch, GlobFile exact and GetFile for the source: its bytes are read and staged anew, for
 * the part needs the MD5 of just this range. So that the object gets the checksum that was announced, that is computed too.
 */
export const uploadPartCopy = {
  name: 'UploadPartCopy', scope: 'object', permission: 'write', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, pfs, query, scope } = call
  const number = parsePartNumber(query.get('partNumber') ?? '')
  refuseUnsupported(head)
  const source = copySource(head)
  const upload = await pfs.uploads.get(scope.bucket, scope.key, uploadIdOf(query))
  const from = await findObject(pfs, source)
  judgeCopySource(head, from)
  const range = copySourceRange(head, from.size)
  const algorithm = announcedUploadChecksum(upload.attributes.entries)?.algorithm
  const known = range.length === from.size ? wholeChecksum(from, algorithm) : undefined
  const { staged, md5, checksum } = await restage(pfs, from, {
    ...range, algorithm: known === undefined ? algorithm : undefined, gone: call.gone,
  })
  const digest = known ?? checksum
  const checksums = algorithm === undefined || digest === undefined ? {} : { [algorithm]: digest }
  try {
    const part = await pfs.uploads.putPart(upload, { number, size: range.length, md5, checksums, staged })
    const shown = shownChecksum(part)
    const checksumElement = shown === undefined ? '' : element(...shown)
    const content = element('LastModified', isoDate(part.modified)) + element('ETag', partEtag(part)) + checksumElement
    return xmlReply('CopyPartResult', content, [['x-amz-copy-source-version-id', shownVersion(from)]])
  } catch (error) {
    await staged.discard()
    throw error
  }
}

/** What is on record of the whole source. */
function wholeChecksum(from: Stat, algorithm: ChecksumAlgorithm | undefined): Buffer | undefined {
  const stored = storedChecksum(from.attributes?.entries)
  if (stored === undefined || stored.algorithm !== algorithm || stored.type !== 'FULL_OBJECT') return undefined
  return decodeChecksum(stored.algorithm, stored.value)
}
