import type { Pfs, Snapshot, Stat } from '../../pfs/contract'
import { isPfsError } from '../../pfs/failure'
import { S3Error } from '../../s3/error'
import { atHead } from './at-head'

/** An object as requests name it. */
interface Named { readonly bucket: string, readonly key: string, readonly version: string | undefined }

/**
 * The object under a key, now or as of a version: one snapshot, one stat. NoSuchKey, or NoSuchVersion where a version was
 * asked for by its id and does not have the key. `withBody` as Pfs.stat has it.
 */
export async function findObject(pfs: Pfs, { bucket, key, version }: Named, withBody = false): Promise<Stat> {
  const stat = version === undefined
    ? await atHead(pfs, bucket, (snapshot) => pfs.stat(snapshot, key, withBody))
    : await pfs.stat(await versionOf(pfs, bucket, key, version), key, withBody)
  if (stat !== undefined) return stat
  if (version === undefined) throw new S3Error('NoSuchKey', { Key: key })
  throw new S3Error('NoSuchVersion', { Key: key, VersionId: version })
}

/** An answer about a version that is not there names it, and the key it was asked for. */
async function versionOf(pfs: Pfs, bucket: string, key: string, version: string): Promise<Snapshot> {
  try {
    return await pfs.snapshot(bucket, version)
  } catch (error) {
    if (!isPfsError(error, 'no-version')) throw error
    throw new S3Error('NoSuchVersion', { Key: key, VersionId: version })
  }
}

/** The version id that a read shows: the one that was asked for, else the commit that wrote the object. */
export function shownVersion(stat: Stat): string {
  return stat.snapshot.asked ?? stat.version
}
