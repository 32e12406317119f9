import type { Head } from '../kit/head'
import { noBody, type Reply } from '../kit/reply'
import { limits } from '../limits'
import { parseCreateBucketRequest } from '../s3/create-bucket-request'
import { S3Error } from '../s3/error'
import { refuseUnsupported } from '../s3/unsupported'
import type { BucketScope, Call, Operation } from './operation'
import { inTurns } from './shared/in-turns'

/**
 * CreateProject, CreateRepo and CreateBranch, as far as they are missing. To create one's own bucket again is a success, as it
 * is in us-east-1. Every location is here, so none is refused.
 */
export const createBucket = {
  name: 'CreateBucket', scope: 'bucket', permission: 'write', body: { kind: 'xml', bytesMax: limits.otherXmlBytesMax }, run,
} satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  refusePromises(call.head)
  await inTurns(parseCreateBucketRequest(call.xml))
  await call.pfs.createBucket(call.scope.bucket)
  return { status: 200, headers: [['Location', `/${call.scope.bucket}`]], body: noBody }
}

/** Locks and access lists of a bucket would be relied upon. */
function refusePromises(head: Head): void {
  refuseUnsupported(head)
  const lock = head.get('x-amz-bucket-object-lock-enabled') ?? 'false'
  if (lock.toLowerCase() !== 'false') throw new S3Error('NotImplemented', { Header: 'x-amz-bucket-object-lock-enabled' })
  const ownership = head.get('x-amz-object-ownership') ?? 'BucketOwnerEnforced'
  if (ownership !== 'BucketOwnerEnforced') throw new S3Error('NotImplemented', { Header: 'x-amz-object-ownership' })
}
