import type { Reply } from '../kit/reply'
import type { Bucket } from '../pfs/contract'
import { bucketsToken, parseBucketsToken } from '../s3/continuation-token'
import { isoDate } from '../s3/date'
import { ownerElement } from '../s3/listing'
import { region } from '../s3/names'
import type { Query } from '../s3/query'
import { invalidArgument } from '../s3/refusal'
import { element, optionalElement, xmlReply } from '../s3/xml'
import type { Call, Operation, ServiceScope } from './operation'

/** ListRepo and ListBranch. Buckets are shown by their full name, `<branch>.<repo>.<project>`, one for each branch. */
export const listBuckets = { name: 'ListBuckets', scope: 'service', permission: 'read', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<ServiceScope>): Promise<Reply> {
  const { query } = call
  const prefix = query.get('prefix')
  const max = maxBuckets(query)
  const token = query.get('continuation-token')
  const after = token === undefined || token === '' ? '' : parseBucketsToken(token)
  // Every bucket is in the one region: those of another are none.
  const here = [undefined, '', region].includes(query.get('bucket-region'))
  // Names are ASCII, whose order is the same in UTF-16.
  const found = here ? (await call.pfs.buckets()).filter(({ name }) => name > after && name.startsWith(prefix ?? '')) : []
  const page = found.slice(0, max)
  const last = found.length > page.length ? page.at(-1) : undefined
  return xmlReply('ListAllMyBucketsResult',
    `${ownerElement}<Buckets>${page.map(bucketElement).join('')}</Buckets>` +
    optionalElement('ContinuationToken', last === undefined ? undefined : bucketsToken(last.name)) + optionalElement('Prefix', prefix))
}

function bucketElement(bucket: Bucket): string {
  return '<Bucket>' + element('Name', bucket.name) + element('CreationDate', isoDate(bucket.created)) +
    element('BucketRegion', region) + '</Bucket>'
}

/** All of them where nothing is said, as S3 has it; a page of at most 10,000 where it is. */
function maxBuckets(query: Query): number {
  const text = query.get('max-buckets')
  if (text === undefined || text === '') return Infinity
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 10_000) {
    throw invalidArgument('max-buckets', text, 'Argument max-buckets must be an integer between 1 and 10000.')
  }
  return count
}
