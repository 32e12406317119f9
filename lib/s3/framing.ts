import type { Head } from '../kit/head'
import { limits } from '../limits'
import { S3Error } from './error'

/**
 * What HTTP's parser lets through and S3 does not: facts on which two readers of one request could disagree. Judged before
 * anything else of the head is read. The connection of a request that is refused here carries no other.
 */
export function checkFraming(head: Head, httpVersion: string): void {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') throw refusal('HTTP version not supported.')
  if (head.fields.length > limits.headerFieldsMax) {
    throw new S3Error('RequestHeaderSectionTooLarge', { MaxSizeAllowed: String(limits.headerFieldsMax) }, closing)
  }
  const hosts = head.all('host')
  if (hosts.length !== 1 || hosts[0] === '') throw refusal('Exactly one Host header is required.')
  for (const name of onceOnly) {
    if (head.all(name).length > 1) throw refusal(`The header ${name} must not be repeated.`)
  }
  const encoding = head.get('transfer-encoding')
  // Whoever spoke 1.0 on the way here knew nothing of it, and read the body's end elsewhere.
  if (encoding !== undefined && httpVersion === '1.0') throw refusal('The header transfer-encoding is not part of HTTP/1.0.')
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    throw new S3Error('NotImplemented', { Header: 'Transfer-Encoding', additionalMessage: encoding }, closing)
  }
}

/** Fields of which node's own reading takes one and drops or joins the others. */
const onceOnly = [
  'authorization', 'content-length', 'content-md5', 'content-type', 'transfer-encoding', 'x-amz-content-sha256', 'x-amz-date',
  'x-amz-decoded-content-length',
]

const closing = { headers: [['Connection', 'close']] } as const

function refusal(message: string): S3Error {
  return new S3Error('InvalidRequest', {}, { message, ...closing })
}
