import { noBody, type Reply } from '../kit/reply'
import { checksumHeader } from '../s3/checksum'
import { partEtag, uploadIdOf } from '../s3/multipart'
import { parsePartNumber } from '../s3/range'
import { refuseUnsupported } from '../s3/unsupported'
import type { Call, ObjectScope, Operation } from './operation'
import { receiveBody } from './shared/receive-body'

/**
 * List of the upload's record, before the body is sent; CreateFileSet, ComposeFileSet, which keeps the part; ModifyFile of its
 * record, shared with the batch, behind InspectBranch and a GlobFile each for the upload's and the part's earlier record. A
 * checksum of another algorithm than the upload's is verified and kept as well.
 */
export const uploadPart = { name: 'UploadPart', scope: 'object', permission: 'write', body: { kind: 'stream' }, run } satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, pfs, query, scope } = call
  const number = parsePartNumber(query.get('partNumber') ?? '')
  refuseUnsupported(head)
  const upload = await pfs.uploads.get(scope.bucket, scope.key, uploadIdOf(query))
  return receiveBody(call, { fileSet: true }, async (staged, { size, md5, checksum }) => {
    if (md5 === undefined) throw new Error('a part needs the MD5 of its body')
    const checksums = checksum === undefined ? {} : { [checksum.algorithm]: checksum.digest }
    const part = await pfs.uploads.putPart(upload, { number, size, md5, checksums, staged })
    const sum = checksum === undefined ? [] : [[checksumHeader(checksum.algorithm), checksum.digest.toString('base64')] as const]
    return { status: 200, headers: [['ETag', partEtag(part)], ...sum], body: noBody }
  })
}
