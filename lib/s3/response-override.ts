import type { Head } from '../kit/head'
import { isFieldValue } from './metadata'
import type { Query } from './query'
import { invalidArgument, invalidRequest } from './refusal'

const overrides: ReadonlyArray<readonly [parameter: string, header: string]> = [
  ['response-cache-control', 'Cache-Control'],
  ['response-content-disposition', 'Content-Disposition'],
  ['response-content-encoding', 'Content-Encoding'],
  ['response-content-language', 'Content-Language'],
  ['response-content-type', 'Content-Type'],
  ['response-expires', 'Expires'],
]

/**
 * Response headers that a signed read may choose for itself, by name. InvalidRequest for an unsigned one: a link that anyone
 * can make up must not turn stored bytes into a page. InvalidArgument for a value that no header can carry.
 */
export function responseOverrides(head: Head, query: Query): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>()
  if (query.pairs.length === 0) return chosen
  for (const [parameter, header] of overrides) {
    const value = query.get(parameter)
    if (value === undefined) continue
    if (!isSigned(head, query)) {
      throw invalidRequest('Request specific response headers cannot be used for anonymous GET requests.')
    }
    if (!isFieldValue(value)) {
      throw invalidArgument(parameter, value, 'Header value cannot be represented using ISO-8859-1.')
    }
    if (value !== '') chosen.set(header, value)
  }
  return chosen
}

/** By header, or by a presigned URL of either version. What the signature is worth was judged before. */
function isSigned(head: Head, query: Query): boolean {
  return head.has('authorization') || query.has('X-Amz-Signature') || query.has('Signature')
}
