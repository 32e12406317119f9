import type { Head } from '../kit/head'
import type { S3Error } from './error'
import { isBucketName } from './names'
import { percentDecode } from './percent'
import { invalidArgument } from './refusal'
import { checkKey } from './route'
import { checkVersionId } from './version-id'

export interface CopySource {
  readonly bucket: string
  readonly key: string
  /** Undefined: as it is now. */
  readonly version: string | undefined
}

/**
 * `x-amz-copy-source`: `bucket/key`, percent-encoded, with or without a slash in front, and `?versionId=` behind. The version
 * is split off before anything is decoded, and decoding happens once, so that an encoded `?` stays part of the key. To S3 a `+`
 * is a blank here, as it is not in a path: clients send a plus as %2B. InvalidArgument for everything else, access point ARNs and
 * URLs included; KeyTooLongError as in a path.
 */
export function copySource(head: Head): CopySource {
  const sent = head.get('x-amz-copy-source') ?? ''
  const mark = sent.indexOf('?versionId=')
  const path = percentDecode((mark === -1 ? sent : sent.slice(0, mark)).replace(/^\//, '').replaceAll('+', ' '))
  if (path === undefined || path.includes('\0')) throw refused(sent, 'Invalid copy source encoding')
  const version = mark === -1 ? undefined : sent.slice(mark + '?versionId='.length)
  const slash = path.indexOf('/')
  if (slash < 1 || path.slice(0, slash).includes(':')) {
    throw refused(sent, 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey')
  }
  if (slash === path.length - 1) throw refused(sent, 'Invalid copy source object key')
  if (version !== undefined) checkVersionId(version, 'x-amz-copy-source')
  const source = { bucket: path.slice(0, slash), key: path.slice(slash + 1), version }
  if (!isBucketName(source.bucket)) throw refused(sent, 'Invalid copy source bucket name')
  checkKey(source.key)
  return source
}

function refused(sent: string, message: string): S3Error {
  return invalidArgument('x-amz-copy-source', sent, message)
}
