import type { Reply } from '../kit/reply'
import { element, xmlReply } from '../s3/xml'
import type { BucketScope, Call, Operation } from './operation'

/** InspectBranch. Every write is a commit, and every commit can be read: versioning is on, and cannot be off. */
export const getBucketVersioning = {
  name: 'GetBucketVersioning', scope: 'bucket', permission: 'read', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  await call.pfs.bucket(call.scope.bucket)
  return xmlReply('VersioningConfiguration', element('Status', 'Enabled'))
}
