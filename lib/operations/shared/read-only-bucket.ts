import { S3Error } from '../../s3/error'

/** The refusal of every write to a commit bucket. */
export function readOnlyBucket(): S3Error {
  return new S3Error('MethodNotAllowed', { ResourceType: 'COMMIT' }, {
    message: 'This bucket is a commit, which cannot change. Write to its branch instead.', headers: [['Allow', 'GET, HEAD']],
  })
}
