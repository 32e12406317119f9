import type { Head } from '../kit/head'
import type { Reply } from '../kit/reply'
import { limits } from '../limits'
import type { Delete } from '../pfs/contract'
import { PfsError } from '../pfs/failure'
import { isChecksumHeader } from '../s3/checksum'
import { deleteJudge } from '../s3/condition'
import { parseDeleteRequest, type ObjectToDelete } from '../s3/delete-request'
import { S3Error } from '../s3/error'
import { invalidRequest } from '../s3/refusal'
import { checkKey } from '../s3/route'
import { element, optionalElement, xmlReply } from '../s3/xml'
import { toS3Error } from './failure'
import type { BucketScope, Call, Operation } from './operation'
import { inTurns } from './shared/in-turns'
import { versionStays } from './shared/version-stays'

/**
 * InspectBranch, one ModifyFile: all keys go in one commit. A key that is refused, by a condition of its own or by its name,
 * is reported and the rest go on; a key that is absent is deleted all the same. The version id answered is that of the commit
 * that no longer has the keys.
 */
export const deleteObjects = {
  name: 'DeleteObjects', scope: 'bucket', permission: 'write', body: { kind: 'xml', bytesMax: limits.deleteXmlBytesMax }, run,
} satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  requireDigest(call.head)
  const { quiet, objects } = await inTurns(parseDeleteRequest(call.xml))
  const plan = planOf(objects)
  const { refused, version } = await remove(call, plan.edits)
  let xml = ''
  for (const { object, fate } of plan.fates) {
    const refusal = typeof fate === 'number' ? refused.get(fate) : fate
    if (refusal !== undefined) xml += errorElement(object, refusal)
    else if (!quiet) xml += `<Deleted>${element('Key', object.key)}</Deleted>`
  }
  return xmlReply('DeleteResult', xml, version === undefined ? [] : [['x-amz-version-id', version]])
}

/** The body is verified by then; this asks only that there was something to verify it by. A wrong list of keys is irreparable. */
function requireDigest(head: Head): void {
  if (head.has('content-md5') || head.has('x-amz-trailer') || head.fields.some(([name]) => isChecksumHeader(name))) return
  throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*')
}

interface Plan {
  readonly edits: readonly Delete[]
  /** For each object of the request, in its order: the refusal that needs no look at the bucket, else the index of its edit. */
  readonly fates: ReadonlyArray<{ readonly object: ObjectToDelete, readonly fate: S3Error | number }>
}

/** A key that is named twice is one edit, for a change holds each key once; it shares its fate, or is refused if it differs. */
function planOf(objects: readonly ObjectToDelete[]): Plan {
  const edits: Delete[] = []
  const first = new Map<string, { readonly object: ObjectToDelete, readonly fate: S3Error | number }>()
  const fates = objects.map((object) => {
    const earlier = first.get(object.key)
    if (earlier !== undefined) return { object, fate: sameConditions(earlier.object, object) ? earlier.fate : namedTwice() }
    const planned = { object, fate: fateOf(object, edits) }
    first.set(object.key, planned)
    return planned
  })
  return { edits, fates }
}

/** What is asked of one key twice alike is one deletion, told twice. */
function sameConditions(a: ObjectToDelete, b: ObjectToDelete): boolean {
  return a.versionId === b.versionId && a.etag === b.etag && a.size === b.size && a.lastModifiedTime === b.lastModifiedTime
}

function namedTwice(): S3Error {
  return invalidRequest('The same key is named twice, with different conditions.')
}

function fateOf(object: ObjectToDelete, edits: Delete[]): S3Error | number {
  try {
    return edits.push(editOf(object)) - 1
  } catch (error) {
    if (error instanceof S3Error) return error
    throw error
  }
}

/** The edit that deletes one object; throws the refusal of a key or condition that can never be met. */
function editOf(object: ObjectToDelete): Delete {
  checkKey(object.key)
  // An empty element names no version.
  if (object.versionId !== undefined && object.versionId !== '') throw versionStays(object.versionId)
  const judge = deleteJudge({ etag: object.etag, size: object.size, modified: object.lastModifiedTime })
  return { kind: 'delete', key: object.key, lenient: true, ...judge === undefined ? {} : { judge } }
}

/** Refusals by the edit's index, and the commit that holds the rest; undefined where nothing was deleted. */
interface Removed { readonly refused: ReadonlyMap<number, S3Error>, readonly version: string | undefined }

/** Where there is nothing to delete, no commit is made, but the bucket must be one that takes deletes. */
async function remove(call: Call<BucketScope>, edits: readonly Delete[]): Promise<Removed> {
  const { pfs, scope: { bucket } } = call
  if (edits.length === 0) {
    if ((await pfs.bucket(bucket)).readOnly) throw new PfsError('read-only', bucket)
    return { refused: new Map(), version: undefined }
  }
  const written = await pfs.write(bucket, { edits, abandoned: call.gone })
  const refused = new Map<number, S3Error>()
  for (const [index, error] of written.refused) {
    const refusal = toS3Error(error)
    if (refusal === undefined) throw error
    refused.set(index, refusal)
  }
  return { refused, version: refused.size < edits.length ? written.version : undefined }
}

function errorElement(object: ObjectToDelete, error: S3Error): string {
  return `<Error>${element('Key', object.key)}${optionalElement('VersionId', object.versionId)}` +
    `${element('Code', error.code)}${element('Message', error.message)}</Error>`
}
