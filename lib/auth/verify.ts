import type { Head } from '../kit/head'
import { S3Error } from '../s3/error'
import { invalidRequest } from '../s3/refusal'
import { canonicalHeaders, canonicalPaths, canonicalQuery, parseParameters, type Parameter } from './canonical'
import type { Claim } from './claim'
import type { Grant, PayloadProof } from './grant'
import type { Keys } from './keys'
import { payloadProof } from './payload'
import { queryClaim } from './presign'
import { matches, type Stamp } from './signature'
import { scopeText } from './signing-key'
import { headerClaim, unsupportedMechanism } from './sigv4'

/*
 * The only door: every request passes here once, whatever its method, path or content type, and comes out with a grant or not at all.
 *
 * Invariants:
 * - Identity and proof are read together, by one parser, from one place of the request: header or query, never a mixture.
 * - Nothing that can change what a request does goes unsigned: method, path, the whole query, host and every x-amz-* field.
 * - A promise about the body is signed with the rest, so a seed signature is proven before any payload mode is looked at.
 * - No key id, secret, canonical request or string to sign is in any error.
 */

interface VerifyOptions {
  readonly keys: Keys
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The only region to be accepted; any, where it is undefined. */
  readonly region?: string
}

interface SignedRequest {
  readonly head: Head
  readonly claim: Claim
  /** The part of the query that was signed. */
  readonly parameters: readonly Parameter[]
  /** What stands for the body in the canonical request. */
  readonly hash: string
}

const loneFields = ['authorization', 'host', 'x-amz-date', 'x-amz-content-sha256']
const hashField = 'x-amz-content-sha256'
const v4Parameters = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature']
const v2Parameters = ['AWSAccessKeyId', 'Signature']

/** Decides from the head alone who is asking and what was promised about the body. Throws the S3Error of the first rule broken. */
export function verify(head: Head, options: VerifyOptions): Grant {
  const { keys, now, region } = options
  for (const name of loneFields) {
    if (head.all(name).length > 1) throw invalidRequest(`The header ${name} must be given once only.`)
  }
  const parameters = parseParameters(head.query)
  const authorization = head.get('authorization')
  const isV4Query = hasAny(parameters, v4Parameters)
  const isV2Query = hasAny(parameters, v2Parameters)
  if (Number(authorization !== undefined) + Number(isV4Query) + Number(isV2Query) > 1) throw severalMechanisms()
  if (isV2Query) throw unsupportedMechanism()
  if (authorization !== undefined) {
    const claim = headerClaim(authorization, head, now, region)
    return judge({ head, claim, parameters, hash: signedHash(head, keys) }, keys)
  }
  if (isV4Query) {
    const claim = queryClaim(parameters, now, region)
    const signed = parameters.filter(({ name }) => name !== 'X-Amz-Signature')
    return judge({ head, claim, parameters: signed, hash: presignedHash(head, parameters) }, keys)
  }
  return unsigned(head, keys)
}

function unsigned(head: Head, keys: Keys): Grant {
  if (keys.anonymous === 'none') throw new S3Error('AccessDenied')
  const hash = head.get(hashField)
  const payload: PayloadProof = hash === undefined ? { kind: 'unsigned' } : payloadProof(hash, undefined)
  return { identity: { kind: 'anonymous' }, access: keys.anonymous, payload }
}

function judge(request: SignedRequest, keys: Keys): Grant {
  const { head, claim, hash } = request
  refuseUnsignedFields(head, claim)
  if (!/^[0-9a-f]{64}$/.test(claim.signature)) throw mismatch(head, claim)
  const { timestamp, signature } = claim
  const scope = scopeText(claim.scope)
  if (keys.isOpen) {
    const payload = payloadProof(hash, { timestamp, scope, signature, signingKey: undefined })
    return { identity: { kind: 'anonymous' }, access: 'full', payload }
  }
  // Session tokens come from a service that this gateway does not have; nobody here could say what they allow.
  if (head.has('x-amz-security-token') || hasAny(request.parameters, ['X-Amz-Security-Token'])) throw new S3Error('InvalidToken')
  const key = keys.find(claim.keyId)
  if (key === undefined) throw new S3Error('InvalidAccessKeyId')
  const signingKey = keys.signingKey(key, claim.scope)
  const seed = { timestamp, scope, signature, signingKey }
  prove(request, seed)
  return {
    identity: { kind: 'key', keyId: key.id, name: key.name },
    access: 'full',
    payload: payloadProof(hash, seed),
  }
}

function prove({ head, claim, parameters, hash }: SignedRequest, seed: Stamp & { readonly signingKey: Buffer }): void {
  const proven = claim.signedHeaders.every((name) => head.has(name)) && matches(claim.signature, {
    method: head.method,
    paths: canonicalPaths(head.path),
    query: canonicalQuery(parameters),
    headers: canonicalHeaders(head, claim.signedHeaders),
    signedHeaders: claim.signedHeaders.join(';'),
    payloadHash: hash,
  }, seed, seed.signingKey)
  if (!proven) throw mismatch(head, claim)
}

/** Every x-amz-* field may change what the request does, so none is obeyed that somebody on the way could have added. */
function refuseUnsignedFields(head: Head, claim: Claim): void {
  const missing = claim.signedHeaders.includes('host') ? [] : ['host']
  for (const [name] of head.fields) {
    if (name.startsWith('x-amz-') && !claim.signedHeaders.includes(name)) missing.push(name)
  }
  if (missing.length === 0) return
  throw new S3Error('AccessDenied', { HeadersNotSigned: missing.join(', ') }, {
    message: 'There were headers present in the request which were not signed',
  })
}

/** S3 has every header-signed request say what its body is; an open gateway, which cannot check that, lets it go unsaid. */
function signedHash(head: Head, keys: Keys): string {
  const hash = head.get(hashField)
  if (hash !== undefined) return hash
  if (keys.isOpen) return 'UNSIGNED-PAYLOAD'
  throw invalidRequest(`Missing required header for this request: ${hashField}`)
}

/** A presigned URL says nothing of the body, unless its query or a signed header does. */
function presignedHash(head: Head, parameters: readonly Parameter[]): string {
  const said = new Set(parameters.filter(({ name }) => name === 'X-Amz-Content-Sha256').map(({ value }) => value))
  const field = head.get(hashField)
  if (field !== undefined) said.add(field)
  if (said.size > 1) throw invalidRequest(`The values given for ${hashField} differ.`)
  const [hash = 'UNSIGNED-PAYLOAD'] = said
  return hash
}

/**
 * What may help without telling a secret: the fields that were signed, since a hop that changed one is the usual cause, and those of them
 * that did not arrive.
 */
function mismatch(head: Head, claim: Claim): S3Error {
  const lost = claim.signedHeaders.filter((name) => !head.has(name))
  return new S3Error('SignatureDoesNotMatch', {
    SignedHeaders: claim.signedHeaders.join(';'),
    ...lost.length > 0 ? { HeadersNotReceived: lost.join(', ') } : {},
  })
}

function severalMechanisms(): S3Error {
  return new S3Error('InvalidArgument', { ArgumentName: 'Authorization' }, {
    message: 'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the ' +
      'Authorization header should be specified',
  })
}

function hasAny(parameters: readonly Parameter[], names: readonly string[]): boolean {
  return parameters.some(({ name }) => names.includes(name))
}
