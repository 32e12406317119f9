import type { Reply } from '../kit/reply'
import { xmlReply } from '../s3/xml'
import type { BucketScope, Call, Operation } from './operation'

/** InspectBranch. S3 calls the region us-east-1 by no name at all in this one answer. */
export const getBucketLocation = {
  name: 'GetBucketLocation', scope: 'bucket', permission: 'read', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  await call.pfs.bucket(call.scope.bucket)
  return xmlReply('LocationConstraint', '')
}
