import { PfsError, type PfsErrorKind } from '../pfs/failure'
import { S3Error } from '../s3/error'
import { readOnlyBucket } from './shared/read-only-bucket'

/**
 * The refusal that an error stands for: S3Errors as they are, trouble from behind the contract by its kind. Undefined for
 * anything else, which is a fault of this program. Texts of the server behind never get into an answer.
 */
export function toS3Error(error: unknown): S3Error | undefined {
  if (error instanceof S3Error) return error
  if (!(error instanceof PfsError)) return undefined
  const refusal = byKind[error.kind]?.(error)
  if (refusal !== undefined) refusal.cause = error
  return refusal
}

/** `internal` has none: it is a fault. After `abandoned` nobody is left to tell, so any refusal does. */
const byKind: Readonly<Partial<Record<PfsErrorKind, (error: PfsError) => S3Error>>> = {
  'no-bucket': () => new S3Error('NoSuchBucket'),
  'no-version': () => new S3Error('NoSuchVersion'),
  'no-upload': () => new S3Error('NoSuchUpload'),
  abandoned: () => new S3Error('RequestTimeout'),
  'upload-claimed': () => new S3Error('SlowDown'),
  'bad-name': () => new S3Error('InvalidBucketName'),
  'bad-path': () => new S3Error('InvalidFilePath'),
  'not-empty': () => new S3Error('BucketNotEmpty'),
  'read-only': readOnlyBucket,
  'snapshot-gone': () => new S3Error('InvalidArgument', { ArgumentName: 'continuation-token' }, {
    message: 'The continuation token provided is incorrect: the commit that this listing began with is gone.',
  }),
  'head-moved': () => new S3Error('ConditionalRequestConflict'),
  'head-open': ({ commit }) => {
    const named = commit === undefined ? '' : `, commit ${commit},`
    return new S3Error('SlowDown', {}, { message: `The head of this branch${named} is held open by another client. Please try again.` })
  },
  unsupported: () => new S3Error('NotImplemented', {}, { message: 'The server behind this bucket cannot do this.' }),
  denied: () => new S3Error('AccessDenied'),
  unauthenticated: () => new S3Error('InvalidAccessKeyId'),
  unavailable: () => new S3Error('ServiceUnavailable'),
  exhausted: () => new S3Error('SlowDown'),
  // What was staged expired while it waited: the client has its bytes still.
  'no-file-set': () => new S3Error('ServiceUnavailable'),
  full: () => new S3Error('InsufficientStorage'),
  'too-large': () => new S3Error('EntityTooLarge', {}, {
    message: 'The objects of this bucket would come to more bytes than it can hold.',
  }),
}
