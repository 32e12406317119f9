import { noBody, type HeaderList, type Reply } from '../kit/reply'
import type { S3Error } from './error'
import { element, plainXmlDocument, xmlReplyOf } from './xml'

interface ErrorContext {
  /** Path of the request, still percent-encoded. */
  readonly resource: string
  readonly requestId: string
  readonly hostId: string
  /** The bucket that the request is about, where there is only one: NoSuchBucket names it. */
  readonly bucket?: string
  /** The request was a HEAD: its answer has no body. */
  readonly head: boolean
}

/** S3's error document for a refusal. HEAD gets status and headers only; 503 asks for patience. */
export function errorReply(error: S3Error, context: ErrorContext): Reply {
  const headers: HeaderList = error.status === 503 ? [...error.headers, ['Retry-After', '1']] : error.headers
  if (context.head) return { status: error.status, headers, body: noBody }
  let content = element('Code', error.code) + element('Message', error.message)
  if (context.bucket !== undefined && namesBucket.has(error.code) && error.members['BucketName'] === undefined) {
    content += element('BucketName', context.bucket)
  }
  for (const [name, text] of Object.entries(error.members)) content += element(name, text)
  content += element('Resource', context.resource) + element('RequestId', context.requestId) + element('HostId', context.hostId)
  return xmlReplyOf(error.status, plainXmlDocument('Error', content), headers)
}

const namesBucket: ReadonlySet<string> = new Set(['BucketNotEmpty', 'NoSuchBucket'])
