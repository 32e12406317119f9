import type { Head } from '../kit/head'
import { limits } from '../limits'
import { S3Error } from './error'
import { checkExpectedOwner } from './expected-owner'
import { checkBucketName } from './names'
import { percentDecode } from './percent'
import type { Query } from './query'
import { invalidArgument } from './refusal'
import { bucketSubresources, objectSubresources, type OperationName, plainMethods } from './subresource'

/**
 * Which operation a request asks for, and on what. Invariants:
 * - the answer is exactly the operation that S3 would run, built here or not; a request for something else never falls
 *   through to the plain operation of its method (which would create, overwrite or delete what nobody named);
 * - bucket and key are decoded once, here, and passed on as they are: `//`, `.`, `..` and slashes at either end stand;
 * - nothing is looked up: the same head always gives the same answer, and every refusal is a 4xx or 501 of its own.
 */
export type { OperationName } from './subresource'

type Scope = ServiceScope | BucketScope | ObjectScope
export interface ServiceScope { readonly kind: 'service' }
export interface BucketScope { readonly kind: 'bucket', readonly bucket: string }
/** `key` is decoded once, by the route. */
export interface ObjectScope { readonly kind: 'object', readonly bucket: string, readonly key: string }

interface Route {
  readonly operation: OperationName
  readonly scope: Scope
}

/** `domain`: buckets may be named in front of it in Host. Throws InvalidURI, InvalidBucketName, KeyTooLongError, MethodNotAllowed … */
export function route(head: Head, query: Query, domain?: string): Route {
  const scope = scopeOf(head, domain)
  if (scope.kind !== 'service') {
    checkExpectedOwner(head)
    return { operation: operationOf(scope.kind, head, query), scope }
  }
  if (head.method !== 'GET') throw notAllowed(head.method, 'SERVICE', ['GET'])
  return { operation: query.get('x-id') === 'ListDirectoryBuckets' ? 'ListDirectoryBuckets' : 'ListBuckets', scope }
}

function scopeOf(head: Head, domain: string | undefined): Scope {
  const path = head.path
  if (path.charCodeAt(0) !== slash || head.target.includes('#')) throw new S3Error('InvalidURI', { URI: head.target })
  const hosted = domain === undefined ? undefined : bucketOfHost(head.get('host'), domain)
  if (hosted !== undefined) {
    checkBucketName(hosted)
    return path.length === 1 ? { kind: 'bucket', bucket: hosted } : { kind: 'object', bucket: hosted, key: decodeKey(path.slice(1)) }
  }
  if (path.length === 1) return { kind: 'service' }
  const end = path.indexOf('/', 1)
  const bucket = percentDecode(end === -1 ? path.slice(1) : path.slice(1, end))
  if (bucket === undefined || bucket === '') throw new S3Error('InvalidURI', { URI: path })
  checkBucketName(bucket)
  if (end === -1 || end === path.length - 1) return { kind: 'bucket', bucket }
  return { kind: 'object', bucket, key: decodeKey(path.slice(end + 1)) }
}

const slash = 47

/** What stands before `.domain` in Host, as sent: PFS names have upper and lower case. Undefined for the domain itself and for others. */
function bucketOfHost(host: string | undefined, domain: string): string | undefined {
  if (host === undefined) return undefined
  const colon = host.lastIndexOf(':')
  const name = colon === -1 ? host : host.slice(0, colon)
  const start = name.length - domain.length - 1
  if (start <= 0 || name[start] !== '.' || name.slice(start + 1).toLowerCase() !== domain.toLowerCase()) return undefined
  return name.slice(0, start)
}

function decodeKey(raw: string): string {
  const key = percentDecode(raw)
  if (key === undefined || key.includes('\0')) throw new S3Error('InvalidURI', { URI: raw })
  checkKey(key)
  return key
}

/** KeyTooLongError beyond 1,024 bytes of UTF-8. Also for keys that come in a body or a header. */
export function checkKey(key: string): void {
  // A character of a JavaScript string is at most three bytes of UTF-8, so short keys need no counting.
  if (key.length * 3 <= limits.keyBytesMax) return
  const size = Buffer.byteLength(key)
  if (size > limits.keyBytesMax) {
    throw new S3Error('KeyTooLongError', { Size: String(size), MaxSizeAllowed: String(limits.keyBytesMax) })
  }
}

type Methods = Readonly<Partial<Record<string, OperationName>>>

function operationOf(kind: 'bucket' | 'object', head: Head, query: Query): OperationName {
  const method = head.method
  if (method === 'OPTIONS') refusePreflight(kind, head)
  const name = subresourceOf(query)
  if (name === undefined) return plainOperation(kind, head, query)
  const table: Readonly<Record<string, Methods>> = kind === 'bucket' ? bucketSubresources : objectSubresources
  const methods = Object.hasOwn(table, name) ? table[name] ?? {} : {}
  const operation = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (operation === undefined) throw notAllowed(method, name.toUpperCase(), Object.keys(methods))
  if (operation === 'UploadPart' && head.has('x-amz-copy-source')) return 'UploadPartCopy'
  const one = name === 'annotation' ? 'annotationName' : 'id'
  return query.has(one) ? operation : listing[operation] ?? operation
}

/** A browser that asks on behalf of a page from elsewhere is told no, as it is where a bucket of S3 has no rules for that. */
function refusePreflight(kind: 'bucket' | 'object', head: Head): void {
  const method = head.get('access-control-request-method')
  if (method === undefined || !head.has('origin')) return
  throw new S3Error('AccessForbidden', { Method: method, ResourceType: kind.toUpperCase() })
}

/** GET of these lists them all where no parameter names one. */
const listing: Methods = {
  GetBucketAnalyticsConfiguration: 'ListBucketAnalyticsConfigurations',
  GetBucketIntelligentTieringConfiguration: 'ListBucketIntelligentTieringConfigurations',
  GetBucketInventoryConfiguration: 'ListBucketInventoryConfigurations',
  GetBucketMetricsConfiguration: 'ListBucketMetricsConfigurations',
  GetObjectAnnotation: 'ListObjectAnnotations',
}

/** The sub-resource that the query names, if any; InvalidArgument where it names two. `?acl` and `?acl=` are the same. */
function subresourceOf(query: Query): string | undefined {
  let found: string | undefined
  let others: string[] | undefined
  for (const [name] of query.pairs) {
    if (name === found || !(Object.hasOwn(bucketSubresources, name) || Object.hasOwn(objectSubresources, name))) continue
    if (found === undefined) found = name
    else (others ??= []).push(name)
  }
  if (found === undefined || others === undefined) return found
  const names = [...new Set([found, ...others])].sort()
  throw invalidArgument('ResourceType', names[0] ?? found, `Conflicting query string parameters: ${names.join(', ')}`)
}

function plainOperation(kind: 'bucket' | 'object', head: Head, query: Query): OperationName {
  const methods: Methods = plainMethods[kind]
  const operation = Object.hasOwn(methods, head.method) ? methods[head.method] : undefined
  if (operation === undefined) throw notAllowed(head.method, kind.toUpperCase(), Object.keys(methods))
  if (head.method !== 'GET' && head.method !== 'HEAD') refuseUnknownSubresource(query)
  if (operation === 'ListObjects') return listingOf(query)
  if (operation === 'PostObject' && head.has('x-amz-request-route')) return 'WriteGetObjectResponse'
  if (operation === 'PutObject' && head.has('x-amz-copy-source')) return 'CopyObject'
  return operation
}

function listingOf(query: Query): OperationName {
  const type = query.get('list-type')
  if (type === '2') return 'ListObjectsV2'
  if (type === undefined || type === '' || type === '1') return 'ListObjects'
  throw invalidArgument('list-type', type, 'Invalid List Type specified in Request')
}

/**
 * A parameter without a value that S3 did not have when this was written is most likely a sub-resource it has now: on a
 * read it is ignored, as S3 ignores what it does not know, but a write is refused, for the plain operation behind it
 * would create, overwrite or delete the very thing that the client only meant to configure.
 */
function refuseUnknownSubresource(query: Query): void {
  for (const [name, value] of query.pairs) {
    if (name === 'partNumber') {
      throw invalidArgument('partNumber', value, 'This operation does not accept partNumber without uploadId')
    }
    if (value === '' && !modifiers.has(name) && !/^x-/i.test(name)) {
      throw new S3Error('NotImplemented', {}, { message: `This server does not know the sub-resource '${name}'.` })
    }
  }
}

/** Parameters of writes that are not sub-resources. */
const modifiers: ReadonlySet<string> = new Set(['versionId', 'id', 'select-type', 'AWSAccessKeyId', 'Signature', 'Expires'])

function notAllowed(method: string, resourceType: string, allowed: readonly string[]): S3Error {
  return new S3Error('MethodNotAllowed', { Method: method, ResourceType: resourceType }, { headers: [['allow', allowed.join(', ')]] })
}
