import type { Head } from '../kit/head'
import { limits } from '../limits'
import { S3Error } from '../s3/error'
import { invalidRequest } from '../s3/refusal'
import { formatAmzDate, formatIsoDate, parseAmzDate, parseDateHeader } from './amz-date'
import type { Claim } from './claim'
import { parseCredential, parseSignedHeaders, wrongDate, type Refuse } from './credential'

const algorithm = 'AWS4-HMAC-SHA256'

const refuse: Refuse = (reason, members = {}) =>
  new S3Error('AuthorizationHeaderMalformed', members, { message: `The authorization header is malformed; ${reason}` })

/**
 * The claim of an Authorization header (Signature Version 4), `now` in milliseconds since the epoch. Throws InvalidArgument for what is no
 * authorization of AWS's, InvalidRequest for another of AWS's mechanisms, AuthorizationHeaderMalformed, AccessDenied without a
 * valid date, RequestTimeTooSkewed.
 */
export function headerClaim(authorization: string, head: Head, now: number, region: string | undefined): Claim {
  const blank = authorization.search(/[ \t]/)
  const mechanism = blank === -1 ? authorization : authorization.slice(0, blank)
  if (mechanism === 'AWS' || mechanism === 'AWS4-ECDSA-P256-SHA256') throw unsupportedMechanism()
  if (mechanism !== algorithm) {
    throw new S3Error('InvalidArgument', { ArgumentName: 'Authorization' }, { message: 'Unsupported Authorization Type' })
  }
  const { Credential, SignedHeaders, Signature } = parseComponents(authorization.slice(mechanism.length))
  const { keyId, scope } = parseCredential(Credential, region, refuse)
  const signedHeaders = parseSignedHeaders(SignedHeaders, refuse)
  const time = requestTime(head)
  if (time === undefined) {
    throw new S3Error('AccessDenied', {}, { message: 'AWS authentication requires a valid Date or x-amz-date header' })
  }
  const timestamp = head.get('x-amz-date') ?? formatAmzDate(time)
  if (!timestamp.startsWith(scope.date)) throw refuse(wrongDate(scope.date, timestamp))
  if (Math.abs(now - time) > limits.clockSkewMsMax) throw tooSkewed(timestamp, now)
  return { keyId, scope, timestamp, signedHeaders, signature: Signature }
}

/** Signature Version 2 and 4A. */
export function unsupportedMechanism(): S3Error {
  return invalidRequest('The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.')
}

interface Components { readonly Credential: string, readonly SignedHeaders: string, readonly Signature: string }

function parseComponents(text: string): Components {
  const found = new Map<string, string>()
  for (const piece of text.split(',')) {
    const component = withoutBlanks(piece)
    const equals = component.indexOf('=')
    // A component is not quoted back: it may hold a token.
    if (equals === -1) throw refuse('an authorization component is not of the form name=value.')
    const name = component.slice(0, equals)
    if (found.has(name)) throw refuse('an authorization component is there twice.')
    found.set(name, component.slice(equals + 1))
  }
  const required = (name: keyof Components): string => {
    const value = found.get(name)
    if (value === undefined || value === '') throw refuse(`missing ${name}.`)
    return value
  }
  const components = { Credential: required('Credential'), SignedHeaders: required('SignedHeaders'), Signature: required('Signature') }
  if (found.size !== 3) throw refuse('the authorization header requires three components: Credential, SignedHeaders, and Signature.')
  return components
}

/** Not trim(): what else Unicode calls white space is no blank in a header. */
function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** x-amz-date decides where there is one; an ill-formed one is not made good by Date. */
function requestTime(head: Head): number | undefined {
  const amzDate = head.get('x-amz-date')
  if (amzDate !== undefined) return parseAmzDate(amzDate)
  const date = head.get('date')
  return date === undefined ? undefined : parseDateHeader(date)
}

function tooSkewed(timestamp: string, now: number): S3Error {
  return new S3Error('RequestTimeTooSkewed', {
    RequestTime: timestamp,
    ServerTime: formatIsoDate(now),
    MaxAllowedSkewMilliseconds: String(limits.clockSkewMsMax),
  })
}
