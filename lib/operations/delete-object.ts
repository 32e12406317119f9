import { noBody, type Reply } from '../kit/reply'
import { deleteConditions, deleteJudge } from '../s3/condition'
import type { Call, ObjectScope, Operation } from './operation'
import { versionStays } from './shared/version-stays'

/**
 * ModifyFile, shared with the batch. A key that is absent is deleted all the same. The version id answered is that of the
 * commit that no longer has the key: there are no delete markers, every earlier commit keeps what it had.
 */
export const deleteObject = { name: 'DeleteObject', scope: 'object', permission: 'write', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { bucket, key } = call.scope
  const version = call.query.get('versionId')
  if (version !== undefined) throw versionStays(version)
  const judge = deleteJudge(deleteConditions(call.head))
  const written = await call.pfs.write(bucket, {
    edits: [{ kind: 'delete', key, ...judge === undefined ? {} : { judge } }],
    abandoned: call.gone,
  })
  return { status: 204, headers: [['x-amz-version-id', written.version]], body: noBody }
}
