import * as sdk from '@aws-sdk/client-s3'
import t from 'tap'
import { Head } from '../../lib/kit/head'
import { table } from '../../lib/operations/table'
import { S3Error } from '../../lib/s3/error'
import { parseQuery } from '../../lib/s3/query'
import { route } from '../../lib/s3/route'

/** Every operation that the SDK knows, with the method and the target it is sent to, as the SDK's own model has them. */
function* everyOperation(): Generator<readonly [name: string, head: Head]> {
  for (const [name, schema] of Object.entries(sdk)) {
    // An operation's schema is a tuple: kind (9), namespace, name, traits with its HTTP binding, input, output.
    if (!name.endsWith('$') || !Array.isArray(schema) || schema[0] !== 9) continue
    const traits: unknown = schema[3]
    if (typeof traits !== 'object' || traits === null || !('http' in traits) || !Array.isArray(traits.http)) continue
    const [method, target]: readonly unknown[] = traits.http
    const [path = '', query = ''] = String(target).split('?')
    yield [schema[2], headOf(schema[2], String(method), path.replace('{Key+}', 'k'), query)]
  }
}

/** Where the model leaves the difference to members: parameters and headers that are always sent. */
function headOf(name: string, method: string, path: string, query: string): Head {
  const members: Readonly<Record<string, string>> = {
    CreateMultipartUpload: 'uploads', CompleteMultipartUpload: 'uploadId=u', AbortMultipartUpload: 'uploadId=u', ListParts: 'uploadId=u',
    UploadPart: 'partNumber=1&uploadId=u', UploadPartCopy: 'partNumber=1&uploadId=u', GetObjectAnnotation: 'annotationName=a',
  }
  const headers = /Copy/.test(name) ? ['x-amz-copy-source', 'b/k'] : name === 'WriteGetObjectResponse' ? ['x-amz-request-route', 'r'] : []
  const scope = name === 'ListBuckets' || name === 'ListDirectoryBuckets' || name === 'WriteGetObjectResponse' ? '' : '/abc'
  const more = members[name] ?? (/^(Get|Put|Delete)Bucket.*(Analytics|Tiering|Inventory|Metrics)Configuration$/.test(name) ? 'id=1' : '')
  return new Head(method, `${scope}${path}?${query}${more === '' ? '' : `&${more}`}`, headers)
}

t.test('every operation of the SDK is routed by its own name, and every row is reached by one of its scope', (t) => {
  const reached = new Set<string>()
  for (const [name, head] of everyOperation()) {
    const { operation, scope } = route(head, parseQuery(head.query))
    reached.add(operation)
    t.equal(operation, name, `${head.method} ${head.target}`)
    const row = table[operation]
    if (row !== undefined) t.strictSame([row.name, row.scope], [name, scope.kind])
  }
  t.ok(reached.size >= 112)
  for (const name of Object.keys(table)) t.ok(reached.has(name), `${name} has a route`)
  t.end()
})

t.test('a client that means another owner is refused', (t) => {
  const owned = (name: string, value: string) => () => route(new Head('GET', '/abc/k', [name, value]), parseQuery(''))
  t.throws(owned('x-amz-expected-bucket-owner', '123456789012'), new S3Error('AccessDenied'))
  t.throws(owned('X-Amz-Source-Expected-Bucket-Owner', ''), new S3Error('AccessDenied'))
  t.doesNotThrow(owned('x-amz-expected-bucket-owner', 'pfs'))
  t.end()
})
