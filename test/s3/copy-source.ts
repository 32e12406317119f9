import t from 'tap'
import { Head } from '../../lib/kit/head'
import { copySource } from '../../lib/s3/copy-source'

const version = '0123456789ab4def0123456789abcdef'
const source = (value: string) => copySource(new Head('PUT', '/b/k', ['x-amz-copy-source', value]))

t.test('reads bucket, key and version, decoding once', (t) => {
  const cases: [string, string, string, string | undefined][] = [
    ['bkt/k', 'bkt', 'k', undefined],
    ['/bkt/dir/k', 'bkt', 'dir/k', undefined],
    ['/master.foo/a%20b', 'master.foo', 'a b', undefined],
    ['bkt%2Fdir%2Fk', 'bkt', 'dir/k', undefined],
    ['bkt/a%2525b', 'bkt', 'a%25b', undefined],
    ['bkt/a+b', 'bkt', 'a b', undefined],
    ['bkt/a%2Bb%252B', 'bkt', 'a+b%2B', undefined],
    ['bkt/+%C3%A9+\xc3\xa9', 'bkt', ' é é', undefined],
    ['bkt//a/../%2e%2e/', 'bkt', '/a/../../', undefined],
    [`bkt/k?versionId=${version}`, 'bkt', 'k', version],
    [`bkt/k%3FversionId=${version}`, 'bkt', `k?versionId=${version}`, undefined],
    ['bkt/what?', 'bkt', 'what?', undefined],
    ['bkt/\xc3\xa9', 'bkt', 'é', undefined],
    ['bkt/%C3%A9', 'bkt', 'é', undefined],
  ]
  for (const [value, bucket, key, version] of cases) t.same(source(value), { bucket, key, version }, value)
  t.end()
})

t.test('refuses what is no source', (t) => {
  const refused = {
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey':
      ['', '/', ' ', 'bkt', '//k', '/bkt', 'http://127.0.0.1/bkt/k', 'arn:aws:s3:us-east-1:1:accesspoint/a/object/k'],
    'Invalid copy source object key': ['bkt/'],
    'Invalid copy source encoding': ['bkt/%zz', 'bkt/%C3', 'bkt/\xe9', 'bkt/%00'],
    'Invalid copy source bucket name': ['../k', 'b/k'],
  }
  for (const [message, values] of Object.entries(refused)) {
    for (const value of values) {
      const members = { ArgumentName: 'x-amz-copy-source', ArgumentValue: value }
      t.throws(() => source(value), { code: 'InvalidArgument', message, members }, value)
    }
  }
  t.throws(() => source('bkt/k?versionId='), { code: 'InvalidArgument', message: 'Version id cannot be the empty string' })
  t.throws(() => source(`bkt/k?versionId=${version}&x=y`), { code: 'InvalidArgument', message: 'Invalid version id specified' })
  t.throws(() => source(`bkt/${'k'.repeat(1025)}`), { code: 'KeyTooLongError' })
  t.end()
})
