import { noBody, type HeaderList, type Reply } from '../kit/reply'
import type { S3Error } from './error'
import { element, plainXmlDocument, xmlReplyOf } from './xml'

interface ErrorContext {
  /** Path of the request, still percent-encoded. */
  readonly resource: string
  readonly requestId: string
  readonly hostId: string
  /** The bucket that the request is about, where there is only one. */
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly uploadId?: string | undefined
  /** The request was a HEAD: its answer has no body. */
  readonly head: boolean
}

/** S3's error document for a refusal. HEAD gets status and headers only; 503 asks for patience. */
export function errorReply(error: S3Error, context: ErrorContext): Reply {
  const headers: HeaderList = error.status === 503 ? [...error.headers, ['Retry-After', '1']] : error.headers
  if (context.head) return { status: error.status, headers, body: noBody }
  let content = element('Code', error.code) + element('Message', error.message)
  const named = namedBy[error.code]
  const name = named === undefined ? undefined : context[named.fact]
  if (named !== undefined && name !== undefined && error.members[named.member] === undefined) content += element(named.member, name)
  for (const [member, text] of Object.entries(error.members)) content += element(member, text)
  content += element('Resource', context.resource) + element('RequestId', context.requestId) + element('HostId', context.hostId)
  return xmlReplyOf(error.status, plainXmlDocument('Error', content), headers)
}

interface Named { readonly member: string, readonly fact: 'bucket' | 'key' | 'uploadId' }

const bucket: Named = { member: 'BucketName', fact: 'bucket' }
const key: Named = { member: 'Key', fact: 'key' }
const upload: Named = { member: 'UploadId', fact: 'uploadId' }

/** What these codes name, unless the thrower has: it may mean the source of a copy. */
const namedBy: Readonly<Partial<Record<S3Error['code'], Named>>> = {
  BucketNotEmpty: bucket, NoSuchBucket: bucket, ConditionalRequestConflict: key, NoSuchKey: key, InvalidPart: upload, NoSuchUpload: upload,
}
