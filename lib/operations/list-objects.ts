import type { Reply } from '../kit/reply'
import { listingEntries, parseListing, shownName } from '../s3/listing'
import { element, optionalElement, xmlReply } from '../s3/xml'
import type { BucketScope, Call, Operation } from './operation'
import { atHead } from './shared/at-head'
import { listingPage } from './shared/listing-page'

/**
 * Version 1: InspectBranch, one List. Its marker is a plain key, so each page is of the head as it is by then; only version 2
 * has a token that can carry the commit.
 */
export const listObjects = { name: 'ListObjects', scope: 'bucket', permission: 'read', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  const { bucket } = call.scope
  const listing = parseListing(call.query)
  const marker = call.query.get('marker') ?? ''
  const page = await atHead(call.pfs, bucket, (snapshot) => listingPage(call.pfs, snapshot, listing, marker))
  // S3 names the next marker only where the client could not tell it from the last key.
  const nextMarker = listing.delimiter === '' ? undefined : page.next
  return xmlReply('ListBucketResult',
    element('Name', bucket) + element('Prefix', shownName(listing.prefix, listing)) + element('Marker', shownName(marker, listing)) +
    optionalElement('NextMarker', nextMarker === undefined ? undefined : shownName(nextMarker, listing)) +
    element('MaxKeys', listing.maxKeys) +
    optionalElement('Delimiter', listing.delimiter === '' ? undefined : shownName(listing.delimiter, listing)) +
    optionalElement('EncodingType', listing.encodingType) + element('IsTruncated', page.next !== undefined) +
    listingEntries(page, listing, true))
}
