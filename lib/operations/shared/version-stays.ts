import { S3Error } from '../../s3/error'
import { invalidVersionId, isVersionId } from '../../s3/version-id'

/**
 * The refusal to delete a version, `null` like any other. History is never changed, and to ask for an old version must not touch
 * the head instead. InvalidArgument for what no version can be called.
 */
export function versionStays(version: string): S3Error {
  if (!isVersionId(version)) return invalidVersionId(version, 'versionId')
  return new S3Error('NotImplemented', {}, { message: 'Deleting a version is not implemented.' })
}
