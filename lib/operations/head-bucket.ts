import { noBody, type Reply } from '../kit/reply'
import { region } from '../s3/names'
import type { BucketScope, Call, Operation } from './operation'

/** InspectBranch. */
export const headBucket = { name: 'HeadBucket', scope: 'bucket', permission: 'read', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  await call.pfs.bucket(call.scope.bucket)
  return { status: 200, headers: [['x-amz-bucket-region', region], ['x-amz-access-point-alias', 'false']], body: noBody }
}
