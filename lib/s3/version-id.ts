import { S3Error } from './error'
import type { Query } from './query'
import { invalidArgument } from './refusal'

/** Version ids are commit ids. `null` is S3's name for a version from before versioning, of which there are none here. */
export function requestedVersion(query: Query): string | undefined {
  const text = query.get('versionId')
  if (text !== undefined) checkVersionId(text, 'versionId')
  return text
}

/** InvalidArgument for what no version can be called, NoSuchVersion for `null`. */
export function checkVersionId(text: string, argument: string): void {
  if (text === 'null') throw new S3Error('NoSuchVersion', { VersionId: text })
  if (!isVersionId(text)) throw invalidVersionId(text, argument)
}

/** Whether a version may be called so, be it there or not. */
export function isVersionId(text: string): boolean {
  return text === 'null' || /^[0-9a-f]{32}$/.test(text)
}

export function invalidVersionId(text: string, argument: string): S3Error {
  const message = text === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified'
  return invalidArgument(argument, text, message)
}

/** For writes: a version is made by writing, it cannot be named. */
export function refuseVersion(query: Query): void {
  const text = query.get('versionId')
  if (text === undefined) return
  throw invalidArgument('versionId', text, 'This operation does not accept a version-id.')
}
