import { noBody, type Reply } from '../kit/reply'
import { checksumHeader, type ChecksumAlgorithm } from '../s3/checksum'
import { partEtag, uploadIdOf } from '../s3/multipart'
import { parsePartNumber } from '../s3/range'
import { refuseUnsupported } from '../s3/unsupported'
import { announcedUploadChecksum, missingAlgorithm, runningChecksum } from '../s3/upload-checksum'
import type { Body } from '../stream/body'
import type { Call, ObjectScope, Operation } from './operation'
import { receiveBody } from './shared/receive-body'

/**
 * List of the upload's record, before the body is sent; CreateFileSet, ComposeFileSet, which keeps the part; ModifyFile of its
 * record, shared with the batch, behind a GlobFile each for the upload's and the part's earlier record. So
 * that the object gets the checksum that was announced, a part that is sent without is summed here.
 */
export const uploadPart = { name: 'UploadPart', scope: 'object', permission: 'write', body: { kind: 'stream' }, run } satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, pfs, query, scope } = call
  const number = parsePartNumber(query.get('partNumber') ?? '')
  refuseUnsupported(head)
  const upload = await pfs.uploads.get(scope.bucket, scope.key, uploadIdOf(query))
  const missing = missingAlgorithm(head, announcedUploadChecksum(upload.attributes.entries))
  const body = missing === undefined ? call.body : await summed(call.body, missing)
  return receiveBody({ ...call, body }, { fileSet: true }, async (staged, { size, md5, checksum }) => {
    if (md5 === undefined) throw new Error('a part needs the MD5 of its body')
    const checksums = checksum === undefined ? {} : { [checksum.algorithm]: checksum.digest }
    const part = await pfs.uploads.putPart(upload, { number, size, md5, checksums, staged })
    const sum = checksum === undefined ? [] : [[checksumHeader(checksum.algorithm), checksum.digest.toString('base64')] as const]
    return { status: 200, headers: [['ETag', partEtag(part)], ...sum], body: noBody }
  })
}

/** The body, its verdict with a checksum that the client did not send. */
async function summed(body: Body, algorithm: ChecksumAlgorithm): Promise<Body> {
  const sum = await runningChecksum(algorithm)
  return {
    length: body.length,
    async into(sink) {
      const verdict = await body.into({
        write(chunk) {
          sum.push(chunk)
          return sink.write(chunk)
        },
      })
      return { ...verdict, checksum: { algorithm, digest: sum.digest() } }
    },
  }
}
