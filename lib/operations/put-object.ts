import { noBody, type Reply } from '../kit/reply'
import { limits } from '../limits'
import { checksumEntry, checksumHeaders, storedChecksum } from '../s3/checksum'
import { writeJudge, type WriteJudge } from '../s3/condition'
import { md5Entry } from '../s3/etag'
import { metadataOf } from '../s3/metadata'
import { refuseUnsupported } from '../s3/unsupported'
import { refuseVersion } from '../s3/version-id'
import type { Verdict } from '../stream/body'
import type { Call, ObjectScope, Operation } from './operation'
import { atHead } from './shared/at-head'
import { readOnlyBucket } from './shared/read-only-bucket'
import { receiveBody } from './shared/receive-body'

/**
 * Small: ModifyFile, shared with the batch; with Expect also InspectBranch. Large: InspectBranch, CreateFileSet, ModifyFile. With
 * a condition: also InspectBranch and GlobFile, so that a body is not sent for nothing; what counts is the judge in the committer.
 */
export const putObject = { name: 'PutObject', scope: 'object', permission: 'write', body: { kind: 'stream' }, run } satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, pfs, scope } = call
  refuseVersion(call.query)
  refuseUnsupported(head)
  const metadata = metadataOf(head)
  const judge = writeJudge(head)
  if (judge !== undefined) await judgeEarly(call, judge)
  else if ((call.body.length ?? Infinity) > limits.heldBodyBytesMax || head.has('expect')) await refuseUnwritable(call)
  return receiveBody(call, {}, async (staged, verdict) => {
    const entries = { ...metadata, ...contentEntries(verdict) }
    const written = await pfs.write(scope.bucket, {
      edits: [{ kind: 'put', key: scope.key, content: staged, attributes: { entries }, ...judge === undefined ? {} : { judge } }],
      abandoned: call.gone,
    })
    return {
      status: 200,
      headers: [['ETag', `"${entries['d:md5']}"`], ['x-amz-version-id', written.version], ...checksumHeaders(storedChecksum(entries))],
      body: noBody,
    }
  })
}

/** Spares a client that must fail its condition the sending of its body. What counts is judged in the committer, once more. */
async function judgeEarly(call: Call<ObjectScope>, judge: WriteJudge): Promise<void> {
  const { pfs, scope } = call
  judge(await atHead(pfs, scope.bucket, (snapshot) => {
    // Only a commit bucket has asked for its commit.
    if (snapshot.asked !== undefined) throw readOnlyBucket()
    return pfs.stat(snapshot, scope.key)
  }))
}

/** A bucket that is missing or read-only is told before a long body is sent, and before a client that waits to be told sends any. */
async function refuseUnwritable(call: Call<ObjectScope>): Promise<void> {
  const bucket = await call.pfs.bucket(call.scope.bucket)
  if (bucket.readOnly) throw readOnlyBucket()
}

/** What the body's checks found out: digests, under the names in which they are kept. */
function contentEntries(verdict: Verdict): Record<string, string> {
  if (verdict.md5 === undefined) throw new Error('a stored object needs the MD5 of its body')
  const entries: Record<string, string> = {}
  const [md5, hex] = md5Entry(verdict.md5)
  entries[md5] = hex
  if (verdict.checksum === undefined) return entries
  const [sum, text] = checksumEntry(verdict.checksum.algorithm, verdict.checksum.digest)
  entries[sum] = text
  return entries
}
