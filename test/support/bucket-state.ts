import type { HttpClient } from './http-client'

/** What a bucket holds and which commit its head is, to be compared before and after. The bucket needs two objects at least. */
export async function bucketState(client: HttpClient, bucket: string): Promise<string> {
  const buckets = await client.request('GET', '/')
  const listing = await client.request('GET', `/${bucket}?list-type=2`)
  // The token of a page names the commit that it is pinned to.
  const page = await client.request('GET', `/${bucket}?list-type=2&max-keys=1`)
  if (listing.status !== 200 || !String(page.body).includes('<NextContinuationToken>')) throw new Error(`cannot see ${bucket}: ${String(page.body)}`)
  return [buckets, listing, page].map(({ body }) => String(body)).join('\n')
}
