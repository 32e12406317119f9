import { limits } from '../limits'
import { S3Error } from '../s3/error'
import { formatIsoDate, parseAmzDate } from './amz-date'
import type { Parameter } from './canonical'
import type { Claim } from './claim'
import { parseCredential, parseSignedHeaders, wrongDate, type Refuse } from './credential'

const required = [
  'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Expires',
] as const
type Required = typeof required[number]

const refuse = (message?: string): S3Error =>
  new S3Error('AuthorizationQueryParametersError', {}, message === undefined ? {} : { message })
const refuseCredential: Refuse = (reason, members = {}) =>
  new S3Error('AuthorizationQueryParametersError', members, { message: `Error parsing the X-Amz-Credential parameter; ${reason}` })

/**
 * The claim of a presigned URL (Signature Version 4), `now` in milliseconds since the epoch. Throws AuthorizationQueryParametersError, and
 * AccessDenied for a URL that has expired or is not yet valid.
 */
export function queryClaim(parameters: readonly Parameter[], now: number, region: string | undefined): Claim {
  const values = collect(parameters)
  if (values['X-Amz-Algorithm'] !== 'AWS4-HMAC-SHA256') throw refuse('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
  const { keyId, scope } = parseCredential(values['X-Amz-Credential'], region, refuseCredential)
  const signedHeaders = parseSignedHeaders(values['X-Amz-SignedHeaders'], (reason) => refuse(reason))
  const timestamp = values['X-Amz-Date']
  const signedAt = parseAmzDate(timestamp)
  if (signedAt === undefined) throw refuse('X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd\'T\'HHmmss\'Z\'"')
  if (!timestamp.startsWith(scope.date)) throw refuse(wrongDate(scope.date, timestamp))
  const seconds = parseExpires(values['X-Amz-Expires'])
  const expiresAt = signedAt + seconds * 1000
  if (signedAt - now > limits.clockSkewMsMax) {
    // S3 shows the first of these times in milliseconds since the epoch.
    throw new S3Error('AccessDenied', {
      'X-Amz-Date': String(signedAt),
      Expires: formatIsoDate(expiresAt),
      ServerTime: formatIsoDate(now),
    }, { message: 'Request is not yet valid' })
  }
  if (now > expiresAt) {
    throw new S3Error('AccessDenied', {
      'X-Amz-Expires': String(seconds),
      Expires: formatIsoDate(expiresAt),
      ServerTime: formatIsoDate(now),
    }, { message: 'Request has expired' })
  }
  return { keyId, scope, timestamp, signedHeaders, signature: values['X-Amz-Signature'] }
}

/** The six parameters, decoded; each must be there exactly once. */
function collect(parameters: readonly Parameter[]): Readonly<Record<Required, string>> {
  const values = new Map<string, string>()
  for (const { name, value } of parameters) {
    if (!isRequired(name)) continue
    if (values.has(name)) throw refuse(`The query parameter ${name} must be given once only.`)
    values.set(name, decode(value))
  }
  const missing = required.some((name) => (values.get(name) ?? '') === '')
  if (missing) throw refuse()
  // All six names were found above.
  return Object.fromEntries(values) as Record<Required, string>
}

function isRequired(name: string): name is Required {
  return required.some((one) => one === name)
}

/** Canonically encoded text back to what it stands for. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw refuse('A query parameter of the signature is not valid UTF-8.')
  }
}

function parseExpires(text: string): number {
  if (/^-\d+$/.test(text)) throw refuse('X-Amz-Expires must be non-negative')
  if (!/^\d+$/.test(text)) throw refuse('X-Amz-Expires should be a number')
  const seconds = Number(text)
  if (seconds > limits.presignSecondsMax) {
    throw refuse('X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ' +
      `${limits.presignSecondsMax} seconds`)
  }
  return seconds
}
