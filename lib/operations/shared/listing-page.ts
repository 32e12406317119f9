import type { ListPage, Pfs, Snapshot } from '../../pfs/contract'
import { pageStart, type Listing } from '../../s3/listing'

/** The page of `snapshot` behind `position` ('' for the first). Nothing asked for is nothing found, and not cut short. */
export async function listingPage(pfs: Pfs, snapshot: Snapshot, listing: Listing, position: string): Promise<ListPage> {
  if (listing.maxKeys === 0) return { files: [], commonPrefixes: [], next: undefined }
  const { prefix, delimiter, maxKeys } = listing
  return pfs.list(snapshot, { prefix, delimiter, limit: maxKeys, ...pageStart(position, listing) })
}
