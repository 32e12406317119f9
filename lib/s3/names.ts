import { S3Error } from './error'

/** The one region of this gateway. Any other is accepted from clients; this one is what they are told. */
export const region = 'us-east-1'

/** Every bucket and object belongs to this one owner: who may do what is decided by PFS, not by S3 accounts. */
export const owner = { id: 'pfs', displayName: 'pfs' } as const

const commitId = '[0-9a-f]{12}4[0-9a-f]{19}'
const part = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?'
const bucketForm = new RegExp(`^(?:${commitId}\\.)?${part}(?:\\.${part}){0,2}$`)

/**
 * Refuses what cannot be a bucket's name, whatever the server holds: 3 to 255 characters, `[<commit>.]` before one to three
 * PFS names of letters, digits, `_` and (inside) `-`. S3's 63 characters would leave too little beside a commit id. An IP
 * address has a part too many. Names that pass may still be unknown, which is NoSuchBucket.
 */
export function checkBucketName(name: string): void {
  if (!isBucketName(name)) throw new S3Error('InvalidBucketName', { BucketName: name })
}

export function isBucketName(name: string): boolean {
  return name.length >= 3 && name.length <= 255 && bucketForm.test(name)
}
