import t from 'tap'
import { Head } from '../../lib/kit/head'
import { withHoistedFields } from '../../lib/s3/hoisted'
import { metadataOf } from '../../lib/s3/metadata'
import { parseQuery } from '../../lib/s3/query'
import { refuseUnsupported } from '../../lib/s3/unsupported'

const signature = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=ab'
const hoist = (parameters: string, signed = signature): Head => {
  const head = new Head('PUT', `/b/k?${parameters}&${signed}`, ['Host', 'h', 'x-amz-meta-sent', '1'])
  return withHoistedFields(head, parseQuery(head.query))
}

t.test('what a presigned query carries counts as a field', (t) => {
  const head = hoist('x-amz-meta-a=%C3%BC&X-Amz-Meta-B=2&x-amz-storage-class=STANDARD&x-id=PutObject')
  t.same(metadataOf(head), { 'm:sent': '1', 'm:a': 'ü', 'm:b': '2' })
  t.equal(head.get('x-amz-storage-class'), 'STANDARD')
  t.equal(hoist('x-amz-expected-bucket-owner=o').get('x-amz-expected-bucket-owner'), 'o')
  for (const promise of ['x-amz-acl=public-read', 'x-amz-server-side-encryption=aws:kms', 'X-Amz-Tagging=a%3Db', 'x-amz-object-lock-mode=GOVERNANCE']) {
    t.throws(() => { refuseUnsupported(hoist(promise)) }, promise)
  }
  t.end()
})

t.test('the signature and what is said of the body stay where they are', (t) => {
  const body = 'x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-amz-trailer=x&x-amz-decoded-content-length=1&X-Amz-Content-Sha256=x'
  t.same(hoist(body).fields.map(([name]) => name), ['host', 'x-amz-meta-sent'])
  t.end()
})

t.test('without a signature in the query nothing is taken from it', (t) => {
  t.same(metadataOf(hoist('x-amz-meta-a=1', 'x=y')), { 'm:sent': '1' })
  t.end()
})

t.test('a copy is not mistaken for the upload of nothing', (t) => {
  for (const name of ['x-amz-copy-source', 'X-Amz-Copy-Source']) t.throws(() => hoist(`${name}=b%2Fk`), { code: 'NotImplemented', status: 501 })
  t.end()
})
