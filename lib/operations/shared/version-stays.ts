import { S3Error } from '../../s3/error'

/** The refusal to delete a version. History is never changed, and to ask for an old version must not touch the head instead. */
export function versionStays(): S3Error {
  return new S3Error('NotImplemented', {}, { message: 'Deleting a version is not implemented.' })
}
