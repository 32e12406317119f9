import { noBody, type Reply } from '../kit/reply'
import type { BucketScope, Call, Operation } from './operation'

/** DeleteBranch, held to the head that was found empty; DeleteRepo where nothing was ever written to it. */
export const deleteBucket = { name: 'DeleteBucket', scope: 'bucket', permission: 'write', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  await call.pfs.deleteBucket(call.scope.bucket)
  return { status: 204, headers: [], body: noBody }
}
