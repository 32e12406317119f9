import fc from 'fast-check'
import t from 'tap'
import { Head } from '../../lib/kit/head'
import { S3Error } from '../../lib/s3/error'
import { parseQuery } from '../../lib/s3/query'
import { route } from '../../lib/s3/route'
import { bucketSubresources, objectSubresources } from '../../lib/s3/subresource'

const domain = 's3.example.com'
const bucket = 'master.images.default'

/** The same request in both addressing styles; `path` is what follows the bucket. */
const styles = {
  path: (method: string, path: string, query: string, headers: readonly string[]) =>
    new Head(method, `/${bucket}${path}${query}`, ['Host', domain, ...headers]),
  host: (method: string, path: string, query: string, headers: readonly string[]) =>
    new Head(method, `${path === '' ? '/' : path}${query}`, ['Host', `${bucket}.S3.example.com:30600`, ...headers]),
}

const ask = (head: Head) => route(head, parseQuery(head.query), domain)

/** `METHOD Operation`, `METHOD error`: what ask answers, for comparing. */
function outcome(head: Head): string {
  try {
    return ask(head).operation
  } catch (error) {
    if (!(error instanceof S3Error)) throw error
    return `${error.status} ${error.code}`
  }
}

const copy = ['X-Amz-Copy-Source', 'b/k']
const preflight = ['Origin', 'https://page.test', 'Access-Control-Request-Method', 'PUT']

const plain: ReadonlyArray<readonly [method: string, path: string, query: string, expected: string, headers?: readonly string[]]> = [
  ['GET', '', '', 'ListObjects'],
  ['GET', '/', '', 'ListObjects'],
  ['GET', '/', '?list-type=2', 'ListObjectsV2'],
  ['GET', '/', '?list-type=2&prefix=acl&delimiter=%2F&fetch-owner=true', 'ListObjectsV2'],
  ['GET', '', '?list-type=1&encoding-type=url', 'ListObjects'],
  ['GET', '', '?list-type=3', '400 InvalidArgument'],
  ['GET', '', '?unheard-of', 'ListObjects'],
  ['HEAD', '', '', 'HeadBucket'],
  ['PUT', '', '', 'CreateBucket'],
  ['PUT', '/', '?x-id=CreateBucket', 'CreateBucket'],
  ['PUT', '', '?unheardOf', '501 NotImplemented'],
  ['PUT', '', '?unheardOf=', '501 NotImplemented'],
  ['DELETE', '', '', 'DeleteBucket'],
  ['DELETE', '', '?unheardOf', '501 NotImplemented'],
  ['DELETE', '', '?X-Amz-Security-Token=&x-id=DeleteBucket', 'DeleteBucket'],
  ['POST', '', '', 'PostObject'],
  ['POST', '', '', 'WriteGetObjectResponse', ['x-amz-request-route', 'r']],
  ['PATCH', '', '', '405 MethodNotAllowed'],
  ['OPTIONS', '', '', '405 MethodNotAllowed'],
  ['OPTIONS', '', '', '403 AccessForbidden', preflight],
  ['OPTIONS', '/k', '?uploadId=u&partNumber=1&X-Amz-Signature=0', '403 AccessForbidden', preflight],
  ['OPTIONS', '/k', '?cors', '405 MethodNotAllowed', preflight.slice(2)],
  ['GET', '/k', '', 'GetObject', preflight],
  ['GET', '/k', '', 'GetObject'],
  ['GET', '/k', '?versionId=1&partNumber=2&response-content-type=a', 'GetObject'],
  ['GET', '/k', '?metadata&fetch-owner', 'GetObject'],
  ['HEAD', '/k', '?partNumber=1', 'HeadObject'],
  ['HEAD', '/k', '?acl', '405 MethodNotAllowed'],
  ['PUT', '/k', '', 'PutObject'],
  ['PUT', '/k', '', 'CopyObject', copy],
  ['PUT', '/k', '?unheardOf', '501 NotImplemented'],
  ['PUT', '/k', '?partNumber=1', '400 InvalidArgument'],
  ['PUT', '/k', '?partNumber=1&uploadId=u', 'UploadPart'],
  ['PUT', '/k', '?partNumber=1&uploadId=', 'UploadPart'],
  ['PUT', '/k', '?partNumber=1&uploadId=u', 'UploadPartCopy', copy],
  ['PUT', '/k', '?tagging', 'PutObjectTagging', copy],
  ['DELETE', '/k', '?versionId=1', 'DeleteObject'],
  ['DELETE', '/k', '?versionId=', 'DeleteObject'],
  ['DELETE', '/k', '?partNumber=1', '400 InvalidArgument'],
  ['POST', '/k', '', '405 MethodNotAllowed'],
  ['POST', '/k', '?select&select-type=2', 'SelectObjectContent'],
  ['TRACE', '/k', '', '405 MethodNotAllowed'],
  ['get', '/k', '', '405 MethodNotAllowed'],
  ['GET', '/k', '?acl&tagging', '400 InvalidArgument'],
  ['PUT', '', '?policy&acl', '400 InvalidArgument'],
  ['GET', '', '?inventory&id=1', 'GetBucketInventoryConfiguration'],
  ['GET', '', '?inventory', 'ListBucketInventoryConfigurations'],
  ['GET', '', '?metrics=', 'ListBucketMetricsConfigurations'],
  ['GET', '/k', '?annotation&versionId=1', 'ListObjectAnnotations'],
  ['GET', '', '?__proto__', 'ListObjects'],
  ['PUT', '', '?constructor', '501 NotImplemented'],
  ['constructor', '', '?acl', '405 MethodNotAllowed'],
]

for (const [style, make] of Object.entries(styles)) {
  t.test(`${style} style: requests without a sub-resource, and odd ones`, (t) => {
    for (const [method, path, query, expected, headers] of plain) {
      t.equal(outcome(make(method, path, query, headers ?? [])), expected, `${method} ${path}${query}`)
    }
    t.end()
  })

  for (const [kind, table, other] of [['bucket', bucketSubresources, objectSubresources], ['object', objectSubresources, bucketSubresources]] as const) {
    t.test(`${style} style: every sub-resource of a ${kind}, with every method, bare and with an equals sign`, (t) => {
      const rows: Record<string, Record<string, string>> = table
      const path = kind === 'bucket' ? '' : '/dir/key'
      for (const name of new Set([...Object.keys(table), ...Object.keys(other)])) {
        for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH']) {
          const expected = rows[name]?.[method] ?? '405 MethodNotAllowed'
          for (const query of [`?${name}&id=1&annotationName=1`, `?${name}=&x-id=Other&id=1&annotationName=1`, `?annotationName=1&id=1&${name}`]) {
            t.equal(outcome(make(method, path, query, [])), expected, `${method} ${path}${query}`)
          }
        }
      }
      t.end()
    })
  }

  t.test(`${style} style: every key comes out as it went in`, (t) => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (key) => {
      fc.pre(!key.includes('\0'))
      const { scope } = ask(make('PUT', `/${encodeURIComponent(key)}`, '', []))
      t.strictSame(scope, { kind: 'object', bucket, key })
    }), { seed: 3, numRuns: 300 })
    t.end()
  })

  t.test(`${style} style: keys are decoded once and never cleaned`, (t) => {
    for (const [raw, key] of [
      ['/', '/'], ['//', '//'], ['a//b', 'a//b'], ['../../x', '../../x'], ['.', '.'], ['dir/', 'dir/'], ['/lead', '/lead'],
      ['%2e%2e/%252e', '../%2e'], ['a+b', 'a+b'], ['a%2Bb%20c', 'a+b c'], ['some%2Fvalue', 'some/value'],
      ['\xc3\xbc.txt', 'ü.txt'], ['%EF%BB%BFbom', '\ufeffbom'], ['a%0Ab', 'a\nb'],
    ] as const) {
      t.strictSame(ask(make('GET', `/${raw}`, '', [])).scope, { kind: 'object', bucket, key }, raw)
    }
    for (const raw of ['%', '%z', '%zz', '%0', 'a%00b', '%ff', '%C0%AF', '%ED%A0%80', '\xff']) {
      t.equal(outcome(make('GET', `/${raw}`, '', [])), '400 InvalidURI', raw)
    }
    t.equal(outcome(make('GET', `/${'ü'.repeat(512)}`.replaceAll('ü', '%C3%BC'), '', [])), 'GetObject')
    t.equal(outcome(make('GET', `/${'a'.repeat(1025)}`, '', [])), '400 KeyTooLongError')
    t.equal(outcome(make('GET', `/${'%C3%BC'.repeat(513)}`, '', [])), '400 KeyTooLongError')
    t.end()
  })
}

t.test('a preflight is refused in the words of S3', (t) => {
  const message = 'CORSResponse: CORS is not enabled for this bucket.'
  for (const [path, ResourceType] of [['', 'BUCKET'], ['/k', 'OBJECT']] as const) {
    const members = { Method: 'PUT', ResourceType }
    t.throws(() => ask(styles.path('OPTIONS', path, '', preflight)), { code: 'AccessForbidden', status: 403, message, members })
  }
  t.end()
})

t.test('the service itself', (t) => {
  for (const target of ['/', '/?x-id=ListBuckets', '/?max-buckets=1&prefix=a']) {
    t.strictSame(ask(new Head('GET', target, ['Host', domain])), { operation: 'ListBuckets', scope: { kind: 'service' } })
  }
  t.equal(ask(new Head('GET', '/?x-id=ListDirectoryBuckets', [])).operation, 'ListDirectoryBuckets')
  for (const method of ['HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']) t.equal(outcome(new Head(method, '/', [])), '405 MethodNotAllowed')
  t.end()
})

t.test('every form of a bucket name', (t) => {
  const commit = '0123456789ab4123456789abcdef0123'
  const names = [
    'abc', 'a_B-c', 'dev.images', 'dev.images.p1', `${commit}.images`, `${commit}.dev.images`, `${commit}.dev.images.p1`, '123.456.789',
    'a'.repeat(255),
  ]
  for (const name of names) {
    t.strictSame(ask(new Head('HEAD', `/${name}`, [])).scope, { kind: 'bucket', bucket: name })
  }
  t.equal(outcome(new Head('HEAD', `/${commit}.dev.images.p1.x`, [])), '400 InvalidBucketName')
  t.end()
})

t.test('targets and hosts that name nothing here', (t) => {
  for (const target of ['*', 'http://evil/', '//evil/', '//', '', '/b#', `/${bucket}/k#f`, '/%zz', '/%zz/k']) {
    t.equal(outcome(new Head('GET', target, ['Host', domain])), '400 InvalidURI', target)
  }
  const targets = [
    '/ab', '/a%2Fb/k', '/$extremelyunlikelytoexist$', '/192.168.5.1/', '/a..b', '/.ab', '/abc.', '/a.b.c.d', '/a%20b', '/-ab', '/ab-',
    '/a-.bc', `/${'a'.repeat(256)}`,
  ]
  for (const target of targets) {
    t.equal(outcome(new Head('HEAD', target, ['Host', domain])), '400 InvalidBucketName', target)
  }
  for (const host of [undefined, 'localhost:30600', '127.0.0.1', `x${domain}`, `.${domain}`, 'other.example.com', domain]) {
    const scope = ask(new Head('GET', '/abc/key', host === undefined ? [] : ['Host', host])).scope
    t.strictSame(scope, { kind: 'object', bucket: 'abc', key: 'key' }, String(host))
  }
  t.equal(outcome(new Head('GET', '/', ['Host', `a..b.${domain}`])), '400 InvalidBucketName')
  const noDomain = new Head('GET', '/', ['Host', `abc.${domain}`])
  t.equal(route(noDomain, parseQuery('')).operation, 'ListBuckets')
  t.end()
})

t.test('a wrong method says which ones there are', (t) => {
  const allowed = (method: string, target: string): S3Error => {
    try {
      ask(new Head(method, target, []))
    } catch (error) {
      if (error instanceof S3Error) return error
    }
    throw new Error('not refused')
  }
  t.strictSame(allowed('POST', '/abc/k').headers, [['allow', 'GET, HEAD, PUT, DELETE']])
  const acl = allowed('DELETE', '/abc?acl')
  t.strictSame(acl.headers, [['allow', 'GET, PUT']])
  t.strictSame(acl.members, { Method: 'DELETE', ResourceType: 'ACL' })
  t.end()
})

t.test('sub-resources that contradict each other are all named, in order', (t) => {
  t.throws(() => ask(new Head('GET', '/abc?versioning&acl=&versioning&location', [])), {
    code: 'InvalidArgument', message: 'Conflicting query string parameters: acl, location, versioning',
    members: { ArgumentName: 'ResourceType', ArgumentValue: 'acl' },
  })
  t.end()
})
