import { noBody, type Reply } from '../kit/reply'
import { uploadIdOf } from '../s3/multipart'
import type { Call, ObjectScope, Operation } from './operation'

/**
 * List of the upload's record, ModifyFile of it behind GlobFile, List of its parts' records, ModifyFile of
 * these where there are any. A second time is NoSuchUpload.
 */
export const abortMultipartUpload = {
  name: 'AbortMultipartUpload', scope: 'object', permission: 'write', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  await call.pfs.uploads.abort(call.scope.bucket, call.scope.key, uploadIdOf(call.query))
  return { status: 204, headers: [], body: noBody }
}
