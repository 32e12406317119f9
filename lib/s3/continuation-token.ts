import type { S3Error } from './error'
import { invalidArgument } from './refusal'

/**
 * Where a listing goes on. To clients a token is opaque; inside it is base64url of one byte that says what it is, for
 * objects the commit that the listing began with, and the position. There is no secret in it and nothing to gain by forging
 * one: it can only ask for what the client may list anyway. So it is checked for form, and any other form is refused.
 */
interface ListPosition {
  /** 32 hex digits. */
  readonly commit: string
  /** The key or common prefix that the page before ended with. */
  readonly position: string
}

const objects = 1
const buckets = 2

export function objectsToken(at: ListPosition): string {
  return Buffer.concat([Buffer.of(objects), Buffer.from(at.commit, 'hex'), Buffer.from(at.position)]).toString('base64url')
}

/** `prefix` is the listing's: a token of another listing has no meaning in this one. */
export function parseObjectsToken(token: string, prefix: string): ListPosition {
  const bytes = decode(token, objects)
  if (bytes.length < 16) throw incorrect(token)
  const position = text(bytes.subarray(16), token)
  if (position === '' || !position.startsWith(prefix)) throw incorrect(token)
  return { commit: bytes.toString('hex', 0, 16), position }
}

export function bucketsToken(name: string): string {
  return Buffer.concat([Buffer.of(buckets), Buffer.from(name)]).toString('base64url')
}

/** The name of the last bucket on the page before. */
export function parseBucketsToken(token: string): string {
  return text(decode(token, buckets), token)
}

function decode(token: string, kind: number): Buffer {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes[0] !== kind || bytes.toString('base64url') !== token) throw incorrect(token)
  return bytes.subarray(1)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function text(bytes: Buffer, token: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw incorrect(token)
  }
}

function incorrect(token: string): S3Error {
  return invalidArgument('continuation-token', token, 'The continuation token provided is incorrect')
}
