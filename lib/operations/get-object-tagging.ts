import type { Reply } from '../kit/reply'
import { requestedVersion } from '../s3/version-id'
import { xmlReply } from '../s3/xml'
import type { Call, ObjectScope, Operation } from './operation'
import { findObject, shownVersion } from './shared/find-object'

/**
 * InspectBranch, GlobFile exact. No object has tags, since a write that brings some is refused; aws-cli asks for those of every
 * object that it copies in parts.
 */
export const getObjectTagging = {
  name: 'GetObjectTagging', scope: 'object', permission: 'read', body: { kind: 'none' }, run,
} satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { pfs, query, scope: { bucket, key } } = call
  const stat = await findObject(pfs, { bucket, key, version: requestedVersion(query) })
  return xmlReply('Tagging', '<TagSet></TagSet>', [['x-amz-version-id', shownVersion(stat)]])
}
