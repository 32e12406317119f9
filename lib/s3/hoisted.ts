import { Head } from '../kit/head'
import { S3Error } from './error'
import type { Query } from './query'

/**
 * SDKs that presign a request move its `x-amz-*` fields into the query, so that the URL is all there is to pass on; S3 takes
 * them from there as if they were fields. What they promise must not be lost on the way: metadata, conditions, an owner that
 * is expected, an encryption that is asked for. The query is signed, so nobody but the signer can have put them there.
 */
export function withHoistedFields(head: Head, query: Query): Head {
  if (!query.has('X-Amz-Signature')) return head
  const hoisted: string[] = []
  for (const [parameter, value] of query.pairs) {
    const name = parameter.toLowerCase()
    if (!name.startsWith('x-amz-') || ofTheSignature.has(name) || ofTheBody.test(name)) continue
    // S3 passes this one over and stores an empty object where the copy was to be.
    if (name.startsWith('x-amz-copy-source')) {
      throw new S3Error('NotImplemented', {}, { message: `A presigned URL cannot carry ${name}: sign it as a header and send it as one.` })
    }
    hoisted.push(name, Buffer.from(value).toString('latin1'))
  }
  return hoisted.length === 0 ? head : new Head(head.method, head.target, [...head.fields.flat(), ...hoisted])
}

const ofTheSignature: ReadonlySet<string> = new Set([
  'x-amz-algorithm', 'x-amz-content-sha256', 'x-amz-credential', 'x-amz-date', 'x-amz-expires', 'x-amz-security-token', 'x-amz-signature',
  'x-amz-signedheaders',
])

/** Of a body that was not there yet when the URL was made: some SDKs put the checksum of an empty one there, which S3 ignores. */
const ofTheBody = /^x-amz-(?:checksum-|sdk-|trailer$|decoded-content-length$)/
