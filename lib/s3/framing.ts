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
  if (!hostForm.test(hosts[0] ?? '')) throw refusal('The Host header is not a host and a port.')
  for (const name of head.repeated) {
    if (onceOnly.has(name)) throw refusal(`The header ${name} must not be repeated.`)
  }
  const encoding = head.get('transfer-encoding')
  // Whoever spoke 1.0 on the way here knew nothing of it, and read the body's end elsewhere.
  if (encoding !== undefined && httpVersion === '1.0') throw refusal('The header transfer-encoding is not part of HTTP/1.0.')
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    throw new S3Error('NotImplemented', { Header: 'Transfer-Encoding', additionalMessage: encoding }, closing)
  }
}

/** RFC 3986's host, name or address, with a port behind it or not. */
const hostForm = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d*)?$/i

/**
 * Fields that decide something and of which one value counts: of several, node takes one or joins them, and a proxy does it in a
 * way of its own.
 */
const onceOnly: ReadonlySet<string> = new Set([
  'authorization', 'content-length', 'content-md5', 'content-type', 'date', 'if-modified-since', 'if-range', 'if-unmodified-since',
  'transfer-encoding', 'x-amz-checksum-algorithm', 'x-amz-checksum-type', 'x-amz-content-sha256', 'x-amz-copy-source',
  'x-amz-copy-source-if-modified-since', 'x-amz-copy-source-if-unmodified-since', 'x-amz-copy-source-range', 'x-amz-date',
  'x-amz-decoded-content-length', 'x-amz-expected-bucket-owner', 'x-amz-if-match-last-modified-time', 'x-amz-if-match-size',
  'x-amz-metadata-directive', 'x-amz-mp-object-size', 'x-amz-sdk-checksum-algorithm', 'x-amz-source-expected-bucket-owner',
  'x-amz-tagging-directive',
])

const closing = { headers: [['Connection', 'close']] } as const

function refusal(message: string): S3Error {
  return new S3Error('InvalidRequest', {}, { message, ...closing })
}
