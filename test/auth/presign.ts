import t from 'tap'
import { Keys } from '../../lib/auth/keys'
import { verify } from '../../lib/auth/verify'
import { Head } from '../../lib/kit/head'
import { emptyHash, keyFile, keyId, now, presigned, presignedHead, stampOf } from '../support/signed-head'

const keys = Keys.parse(keyFile)
const gate = (head: Head, at = now) => verify(head, { keys, now: at })
const open = (head: Head, at = now) => verify(head, { keys: Keys.open, now: at })
const identity = { kind: 'key', keyId, name: 'tester' }
const badQuery = { code: 'AuthorizationQueryParametersError', status: 400 }
const wrongSignature = { code: 'SignatureDoesNotMatch', status: 403 }
const denied = { code: 'AccessDenied', status: 403 }
const edited = (edit: (target: string) => string, method = 'GET'): Head => {
  const { target, fields } = presigned()
  return new Head(method, edit(target), fields.flat())
}
const withParameter = (name: string, value: string): Head =>
  edited((target) => target.replace(new RegExp(`${name}=[^&]*`), `${name}=${encodeURIComponent(value)}`))

t.test('a presigned URL is granted to its key and promises nothing of the body', (t) => {
  t.same(gate(presignedHead()), { identity, access: 'full', payload: { kind: 'unsigned' } })
  t.same(open(presignedHead()), { identity: { kind: 'anonymous' }, access: 'full', payload: { kind: 'unsigned' } })
  t.end()
})

t.test('PS-01: each of the six parameters is there exactly once', (t) => {
  for (const name of ['Algorithm', 'Credential', 'Signature', 'Date', 'SignedHeaders', 'Expires'].map((end) => `X-Amz-${end}`)) {
    const without = edited((target) => target.replace(new RegExp(`${name}=[^&]*&?`), '').replace(/&$/, ''))
    const twice = edited((target) => `${target}&${new RegExp(`${name}=[^&]*`).exec(target)?.[0] ?? ''}`)
    for (const judge of [gate, open]) {
      t.throws(() => judge(without), { ...badQuery, message: /requires the X-Amz-Algorithm/ }, `${name} missing`)
      t.throws(() => judge(withParameter(name, '')), badQuery, `${name} empty`)
      t.throws(() => judge(twice), badQuery, `${name} twice`)
    }
  }
  t.throws(() => gate(withParameter('X-Amz-Algorithm', 'AWS4-HMAC-SHA512')), { ...badQuery, message: /only supports/ })
  t.throws(() => gate(edited((target) => target.replace('X-Amz-Date=2', 'X-Amz-Date=%FF'))), badQuery, 'bytes that are not UTF-8')
  t.end()
})

t.test('PS-01, AU-05 to AU-07 in a query', (t) => {
  for (const credential of ['AKID', 'AKID/2026/us-east-1/s3/aws4_request', 'AKID/20260102/us-east-1/ec2/aws4_request', 'AKID/20260102/r/s3/x']) {
    t.throws(() => gate(withParameter('X-Amz-Credential', credential)), { ...badQuery, message: /X-Amz-Credential/ }, credential)
  }
  t.throws(() => gate(withParameter('X-Amz-Credential', 'NOBODY/20260102/r/s3/aws4_request')), { code: 'InvalidAccessKeyId', status: 403 })
  t.throws(() => gate(withParameter('X-Amz-Credential', `${keyId}/20260103/us-east-1/s3/aws4_request`)), {
    ...badQuery, message: 'Invalid credential date "20260103". This date is not the same as X-Amz-Date: "20260102".',
  })
  for (const date of ['20260102', '20260102T030405', 'Fri, 02 Jan 2026 03:04:05 GMT', '20260132T000000Z']) {
    t.throws(() => gate(withParameter('X-Amz-Date', date)), { ...badQuery, message: /ISO8601 Long Format/ }, date)
  }
  t.throws(() => verify(presignedHead(), { keys, now, region: 'eu-west-1' }), { ...badQuery, members: { Region: 'eu-west-1' } })
  t.end()
})

t.test('PS-02: X-Amz-Expires', (t) => {
  for (const expires of ['x', '1.5', '1e3', '+5', '0x10', '--5', '3600s', '٣']) {
    t.throws(() => gate(presignedHead({ expires })), { ...badQuery, message: /a number/ }, expires)
  }
  t.throws(() => gate(presignedHead({ expires: '-1' })), { ...badQuery, message: /non-negative/ })
  for (const expires of ['604801', '9'.repeat(30)]) {
    t.throws(() => gate(presignedHead({ expires })), { ...badQuery, message: /less than a week/ }, expires)
  }
  t.same(gate(presignedHead({ expires: '604800' })).identity, identity)
  t.end()
})

t.test('PS-03, CVE-2025-68671: the time in which it is valid', (t) => {
  const seconds = 1000
  t.same(gate(presignedHead(), now + 3600 * seconds).identity, identity)
  t.same(gate(presignedHead({ expires: '604800' }), now + 604_800 * seconds).identity, identity, 'a week later')
  for (const judge of [gate, open]) {
    t.throws(() => judge(presignedHead(), now + 3601 * seconds), {
      ...denied,
      message: 'Request has expired',
      members: { 'X-Amz-Expires': '3600', Expires: '2026-01-02T04:04:05Z', ServerTime: '2026-01-02T04:04:06Z' },
    })
    t.throws(() => judge(presignedHead({ timestamp: stampOf(now + 901 * seconds) })), {
      ...denied, message: 'Request is not yet valid',
      members: { 'X-Amz-Date': String(now + 901 * seconds), ServerTime: '2026-01-02T03:04:05Z' },
    })
  }
  t.same(gate(presignedHead({ timestamp: stampOf(now + 900 * seconds) })).identity, identity)
  t.end()
})

t.test('PS-04: key, method, query or signature changed', (t) => {
  t.throws(() => gate(edited((target) => target.replace('/key', '/kez'))), wrongSignature)
  t.throws(() => gate(edited((target) => target, 'PUT')), wrongSignature)
  t.throws(() => gate(edited((target) => `${target}&versionId=1`)), wrongSignature)
  t.throws(() => gate(edited((target) => target.replace('Expires=3600', 'Expires=3601'))), wrongSignature)
  t.throws(() => gate(edited((target) => target.slice(0, -1))), wrongSignature)
  t.throws(() => gate(withParameter('X-Amz-Signature', '0'.repeat(64))), wrongSignature)
  const put = presigned({ method: 'PUT' })
  t.throws(() => gate(new Head('GET', put.target, put.fields.flat())), wrongSignature)
  t.throws(() => gate(new Head('GET', presigned().target, ['Host', 'elsewhere.test'])), wrongSignature)
  t.end()
})

t.test('PS-05: a raw semicolon and its triplet are the same', (t) => {
  const { target, fields } = presigned({ fields: [['Content-Type', 'text/plain']], signedNames: ['content-type', 'host'] })
  t.match(target, /SignedHeaders=content-type%3Bhost/)
  for (const spelling of ['%3B', '%3b', ';']) {
    t.same(gate(new Head('GET', target.replace('%3B', spelling), fields.flat())).identity, identity, spelling)
  }
  t.end()
})

t.test('PS-06, CVE-2026-54330: what was added to a presigned request unsigned', (t) => {
  const { target } = presigned()
  for (const name of ['x-amz-copy-source', 'x-amz-tagging', 'x-amz-meta-a', 'X-Amz-Content-Sha256', 'x-amz-date']) {
    t.throws(() => gate(new Head('GET', target, ['Host', 'gateway.test', name, 'x'])), {
      ...denied, message: /not signed/, members: { HeadersNotSigned: name.toLowerCase() },
    }, name)
  }
  t.throws(() => gate(presignedHead({ fields: [['x', 'y']], signedNames: ['x'] })), { ...denied, members: { HeadersNotSigned: 'host' } })
  t.same(gate(presignedHead({ fields: [['x-amz-meta-a', 'b']] })).identity, identity, 'signed, it stands')
  t.throws(() => gate(presignedHead({ signedNames: ['x', 'host'] })), { ...badQuery, message: /SignedHeaders/ })
  t.end()
})

t.test('a presigned URL may say what the body is, in its query or in a signed header', (t) => {
  t.same(gate(presignedHead({ hash: emptyHash })).payload, { kind: 'sha256', hex: emptyHash })
  t.same(gate(presignedHead({ hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' })).payload, { kind: 'unsigned-trailer' })
  const inQuery = '/bucket/key?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD'
  t.same(gate(presignedHead({ target: inQuery })).payload, { kind: 'unsigned' })
  t.throws(() => gate(presignedHead({ target: inQuery, hash: emptyHash })), { code: 'InvalidRequest', status: 400 }, 'not both, and differing')
  t.end()
})
