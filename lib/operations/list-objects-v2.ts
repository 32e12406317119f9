import type { Reply } from '../kit/reply'
import type { Snapshot } from '../pfs/contract'
import { objectsToken, parseObjectsToken } from '../s3/continuation-token'
import { listingEntries, parseListing, shownName } from '../s3/listing'
import { element, optionalElement, xmlReply } from '../s3/xml'
import type { BucketScope, Call, Operation } from './operation'
import { atHead } from './shared/at-head'
import { listingPage } from './shared/listing-page'

/**
 * InspectBranch, one List. The token of the next page carries the commit of the first, so a listing of many pages is of one
 * snapshot whatever is written meanwhile; where that commit is gone the listing ends with InvalidArgument, never with
 * pages of another.
 */
export const listObjectsV2 = { name: 'ListObjectsV2', scope: 'bucket', permission: 'read', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<BucketScope>): Promise<Reply> {
  const { query, pfs, scope: { bucket } } = call
  const listing = parseListing(query)
  const token = query.get('continuation-token')
  const startAfter = query.get('start-after')
  // An empty token is what some clients send for the first page.
  const from = token === undefined || token === '' ? undefined : parseObjectsToken(token, listing.prefix)
  const position = from?.position ?? startAfter ?? ''
  const pageOf = async (snapshot: Snapshot) => ({ commit: snapshot.commit, page: await listingPage(pfs, snapshot, listing, position) })
  const { commit, page } = from === undefined ? await atHead(pfs, bucket, pageOf) : await pageOf(await pfs.snapshotAt(bucket, from.commit))
  const nextToken = page.next === undefined ? undefined : objectsToken({ commit, position: page.next })
  return xmlReply('ListBucketResult',
    element('Name', bucket) + element('Prefix', shownName(listing.prefix, listing)) +
    optionalElement('StartAfter', startAfter === undefined ? undefined : shownName(startAfter, listing)) +
    optionalElement('ContinuationToken', token) + optionalElement('NextContinuationToken', nextToken) +
    element('KeyCount', page.files.length + page.commonPrefixes.length) + element('MaxKeys', listing.maxKeys) +
    optionalElement('Delimiter', listing.delimiter === '' ? undefined : shownName(listing.delimiter, listing)) +
    optionalElement('EncodingType', listing.encodingType) + element('IsTruncated', page.next !== undefined) +
    listingEntries(page, listing, query.get('fetch-owner') === 'true'))
}
