import type { Pfs, Stat } from '../../pfs/contract'
import { S3Error } from '../../s3/error'

/**
 * The object under a key, now or as of a version: one snapshot, one stat. NoSuchKey, or NoSuchVersion where a version was
 * asked for by its id and does not have the key.
 */
export async function findObject(pfs: Pfs, bucket: string, key: string, version: string | undefined): Promise<Stat> {
  const stat = await pfs.stat(await pfs.snapshot(bucket, version), key)
  if (stat !== undefined) return stat
  if (version === undefined) throw new S3Error('NoSuchKey', { Key: key })
  throw new S3Error('NoSuchVersion', { Key: key, VersionId: version })
}

/** The version id that a read shows: the one that was asked for, else the commit that wrote the object. */
export function shownVersion(stat: Stat): string {
  return stat.snapshot.asked ?? stat.version
}
