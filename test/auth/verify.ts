import crypto from 'node:crypto'
import t from 'tap'
import { Keys } from '../../lib/auth/keys'
import { verify } from '../../lib/auth/verify'
import { Head } from '../../lib/kit/head'
import { type S3Error } from '../../lib/s3/error'
import { emptyHash, keyFile, keyId, now, presigned, presignedHead, secret, signedFields, signedHead } from '../support/signed-head'

const keys = Keys.parse(keyFile)
const gate = (head: Head, at = now) => verify(head, { keys, now: at })
const open = (head: Head, at = now) => verify(head, { keys: Keys.open, now: at })
const proven = { identity: { kind: 'key', keyId, name: 'tester' }, access: 'full' }
const everyone = { identity: { kind: 'anonymous' }, access: 'full' }
const header = (edit: (authorization: string) => string): Head =>
  new Head('GET', '/bucket/key', signedFields().map(([name, value]) => [name, name === 'Authorization' ? edit(value) : value]).flat())

const malformed = { code: 'AuthorizationHeaderMalformed', status: 400 }
const wrongSignature = { code: 'SignatureDoesNotMatch', status: 403 }
const denied = { code: 'AccessDenied', status: 403 }
const badArgument = { code: 'InvalidArgument', status: 400 }
const badRequest = { code: 'InvalidRequest', status: 400 }

t.test('a signed request is granted to its key', (t) => {
  t.same(gate(signedHead()), { ...proven, payload: { kind: 'sha256', hex: emptyHash } })
  t.same(open(signedHead()), { ...everyone, payload: { kind: 'sha256', hex: emptyHash } })
  t.end()
})

t.test('AU-01: a wrong signature or secret', (t) => {
  const nibble = (text: string): string => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')
  t.throws(() => gate(header(nibble)), wrongSignature)
  t.throws(() => gate(signedHead({ secret: `${secret}x` })), wrongSignature)
  t.throws(() => gate(signedHead({ secret: '' })), wrongSignature)
  t.same(open(signedHead({ secret: 'another' })).identity, everyone.identity, 'an open gateway has no secret to check with')
  for (const signature of ['x', 'A'.repeat(64), 'é'.repeat(64), '0'.repeat(63), '0'.repeat(65), `0x${'0'.repeat(62)}`]) {
    const head = header((text) => text.replace(/Signature=.*/, `Signature=${signature}`))
    t.throws(() => gate(head), wrongSignature, signature)
    t.throws(() => open(head), wrongSignature, `${signature}, open`)
  }
  t.end()
})

t.test('AU-02: no Authorization', (t) => {
  const plain = (hash?: string) => new Head('GET', '/bucket/key', ['Host', 'h', ...hash === undefined ? [] : ['x-amz-content-sha256', hash]])
  t.throws(() => gate(plain()), denied)
  t.throws(() => gate(new Head('POST', '/bucket', ['Host', 'h', 'Content-Type', 'multipart/form-data; boundary=x'])), denied, 'AU-19')
  t.same(open(plain()), { ...everyone, payload: { kind: 'unsigned' } })
  for (const anonymous of ['read', 'full']) {
    const some = Keys.parse(JSON.stringify({ ...JSON.parse(keyFile), anonymous }))
    t.same(verify(plain(), { keys: some, now }), { identity: { kind: 'anonymous' }, access: anonymous, payload: { kind: 'unsigned' } })
    t.same(verify(signedHead(), { keys: some, now }).identity, proven.identity, 'a signature counts where none is needed')
    t.throws(() => verify(header((text) => `${text}0`), { keys: some, now }), wrongSignature, 'and a wrong one is no anonymity')
  }
  t.same(open(plain(emptyHash)).payload, { kind: 'sha256', hex: emptyHash }, 'a digest binds without a signature too')
  t.same(open(plain('STREAMING-UNSIGNED-PAYLOAD-TRAILER')).payload, { kind: 'unsigned-trailer' })
  t.throws(() => open(plain('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')), badRequest, 'a chain of signatures starts at none')
  t.throws(() => open(plain('nonsense')), badArgument)
  t.end()
})

t.test('AU-03: garbage, unknown algorithms, and mechanisms that are not spoken', (t) => {
  const garbage = [
    'garbage', '', ' ', 'Bearer abc', 'Basic YTpi', 'AWS4-HMAC-SHA512 Credential=x', 'aws4-hmac-sha256 x=y', 'AWS4-HMAC-SHA256Credential=x',
  ]
  for (const text of garbage) {
    t.throws(() => gate(header(() => text)), badArgument, text)
    t.throws(() => open(header(() => text)), badArgument, `${text}, open`)
  }
  const unsupported = { ...badRequest, message: /not supported. Please use AWS4-HMAC-SHA256/ }
  t.throws(() => gate(header(() => `AWS ${keyId}:c2ln`)), unsupported, 'AU-17: Signature Version 2')
  t.throws(() => gate(header((text) => text.replace('HMAC-SHA256', 'ECDSA-P256-SHA256'))), unsupported)
  for (const query of ['AWSAccessKeyId=a&Signature=b&Expires=1', 'Signature=b', 'AWSAccessKeyId=a']) {
    t.throws(() => gate(new Head('GET', `/bucket/key?${query}`, ['Host', 'h'])), unsupported, query)
    t.throws(() => open(new Head('GET', `/bucket/key?${query}`, ['Host', 'h'])), unsupported, `${query}, open`)
  }
  t.end()
})

t.test('AU-04: a component missing, empty, twice, unknown or without =', (t) => {
  const edits: [string, (text: string) => string][] = [
    ['no Credential', (text) => text.replace(/Credential=[^,]*, /, '')],
    ['no SignedHeaders', (text) => text.replace(/SignedHeaders=[^,]*, /, '')],
    ['no Signature', (text) => text.replace(/, Signature=.*/, '')],
    ['empty Credential', (text) => text.replace(/Credential=[^,]*/, 'Credential=')],
    ['empty SignedHeaders', (text) => text.replace(/SignedHeaders=[^,]*/, 'SignedHeaders=')],
    ['empty Signature', (text) => text.replace(/Signature=.*/, 'Signature=')],
    ['no =', (text) => text.replace('Signature=', 'Signature-')],
    ['nothing at all', () => 'AWS4-HMAC-SHA256'],
    ['twice', (text) => `${text}, Signature=${'0'.repeat(64)}`],
    ['a fourth', (text) => `${text}, Extra=1`],
    ['a comma too many', (text) => `${text},`],
  ]
  for (const [name, edit] of edits) {
    t.throws(() => gate(header(edit)), malformed, name)
    t.throws(() => open(header(edit)), malformed, `${name}, open`)
  }
  t.same(gate(header((text) => text.replaceAll(', ', ','))).identity, proven.identity, 'blanks after commas are optional')
  t.same(gate(header((text) => text.replaceAll(', ', ' ,\t'))).identity, proven.identity)
  t.end()
})

t.test('AU-05: the credential', (t) => {
  const place = (to: string): Head => header((text) => text.replace(/Credential=[^,]*/, `Credential=${to}`))
  const cases = [
    'AKID', 'AKID/20260102/us-east-1/s3', '/20260102/us-east-1/s3/aws4_request', 'AKID/20260102//s3/aws4_request',
    'AKID/20260102/us-east-1/s3/aws4_requests', 'AKID/20260102/us-east-1/ec2/aws4_request', 'AKID/20260102/us-east-1/S3/aws4_request',
    `AKID/20260102/${'r'.repeat(65)}/s3/aws4_request`, 'AKID/20260102/us-east-1/s3/aws4_request/',
  ]
  for (const credential of cases) {
    t.throws(() => gate(place(credential)), malformed, credential)
    t.throws(() => open(place(credential)), malformed, `${credential}, open`)
  }
  t.throws(() => gate(place('NOBODY/20260102/us-east-1/s3/aws4_request')), { code: 'InvalidAccessKeyId', status: 403 })
  t.same(gate(signedHead({ place: 'mars-north-7/s3' })).identity, proven.identity, 'any region will do')
  const pinned = (draft: object) => verify(signedHead(draft), { keys, now, region: 'eu-west-1' })
  t.throws(() => pinned({}), { ...malformed, members: { Region: 'eu-west-1' } })
  t.same(pinned({ place: 'eu-west-1/s3' }).identity, proven.identity)
  const slashed = Keys.parse(JSON.stringify({ keys: [{ id: 'a/b/c=', secret, name: 'n' }], anonymous: 'none' }))
  t.match(verify(signedHead({ keyId: 'a/b/c=' }), { keys: slashed, now }), { identity: { keyId: 'a/b/c=' } })
  t.end()
})

t.test('AU-06: the credential\'s date', (t) => {
  for (const date of ['2026010', '2026-1-2', '20260103', '20260101', 'today', '20260102Z']) {
    t.throws(() => gate(header((text) => text.replace('/20260102/', `/${date}/`))), malformed, date)
  }
  t.end()
})

t.test('AU-07: no date, or none that can be read', (t) => {
  const fields = signedFields().filter(([name]) => name !== 'x-amz-date')
  const date = ['Date', 'Fri, 02 Jan 2026 03:04:05 GMT']
  for (const stamp of ['', '20260102', '20260102T030405', '2026-01-02T03:04:05Z', '20260132T030405Z', '20260102T250405Z', '20260229T000000Z', 'x']) {
    t.throws(() => gate(new Head('GET', '/bucket/key', [...fields, ['x-amz-date', stamp], date].flat())), { ...denied, message: /valid Date/ }, stamp)
  }
  const dated = signedFields({ fields: [['Date', 'Fri, 02 Jan 2026 03:04:05 GMT']], signedNames: ['date', 'host', 'x-amz-content-sha256'] })
  t.same(gate(new Head('GET', '/bucket/key', dated.filter(([name]) => name !== 'x-amz-date').flat())).identity, proven.identity, 'Date alone')
  t.throws(() => gate(new Head('GET', '/bucket/key', fields.flat())), { ...denied, message: /valid Date or x-amz-date/ })
  t.throws(() => gate(new Head('GET', '/bucket/key', [...fields, ['Date', 'yesterday']].flat())), { ...denied, message: /valid Date/ })
  t.end()
})

t.test('AU-08, CVE-2025-68671: fifteen minutes and no second more', (t) => {
  const minutes = 60_000
  for (const sign of [-1, 1]) {
    t.same(gate(signedHead(), now + sign * (15 * minutes - 1000)).identity, proven.identity)
    t.same(gate(signedHead(), now + sign * 15 * minutes).identity, proven.identity)
    for (const judge of [gate, open]) {
      t.throws(() => judge(signedHead(), now + sign * (15 * minutes + 1000)), {
        code: 'RequestTimeTooSkewed', status: 403, members: { RequestTime: '20260102T030405Z', MaxAllowedSkewMilliseconds: '900000' },
      })
    }
  }
  t.end()
})

t.test('AU-09, CVE-2026-54330: everything that matters must be signed', (t) => {
  const added = (name: string) => new Head('GET', '/bucket/key', [...signedFields(), [name, 'x']].flat())
  for (const name of ['x-amz-copy-source', 'X-Amz-Meta-A', 'x-amz-tagging', 'x-amz-', 'x-amz-security-token']) {
    const refusal = { ...denied, message: /not signed/, members: { HeadersNotSigned: name.toLowerCase() } }
    t.throws(() => gate(added(name)), refusal, name)
    t.throws(() => open(added(name)), refusal, `${name}, open`)
  }
  t.same(gate(added('amz-sdk-request')).identity, proven.identity)
  t.throws(() => gate(signedHead({ signedNames: ['x-amz-content-sha256', 'x-amz-date'] })), { ...denied, members: { HeadersNotSigned: 'host' } })
  t.throws(() => gate(signedHead({ signedNames: ['host'] })), { ...denied, members: { HeadersNotSigned: 'x-amz-date, x-amz-content-sha256' } })
  t.end()
})

t.test('AU-10: SignedHeaders', (t) => {
  const names = ['host', 'x-amz-content-sha256', 'x-amz-date']
  t.throws(() => gate(signedHead({ signedNames: ['expect', ...names] })), { ...wrongSignature, members: { HeadersNotReceived: 'expect' } })
  const unsorted = ['x-amz-date', 'host', 'x-amz-content-sha256']
  for (const signedNames of [unsorted, ['host', ...names], ['Host', ...names.slice(1)], ['', ...names], ['a b', ...names]]) {
    t.throws(() => gate(signedHead({ signedNames })), malformed, signedNames.join(';'))
  }
  t.end()
})

t.test('AU-11: a field that decides and is there twice', (t) => {
  for (const [name, value] of signedFields()) {
    const twice = new Head('GET', '/bucket/key', [...signedFields(), [name, value]].flat())
    t.throws(() => gate(twice), badRequest, name)
    t.throws(() => open(twice), badRequest, `${name}, open`)
  }
  t.end()
})

t.test('AU-12, CVE-2026-41145: two kinds of credentials at once', (t) => {
  const { target } = presigned()
  for (const query of [target.slice(target.indexOf('?') + 1), 'X-Amz-Signature=0', 'Signature=0', 'AWSAccessKeyId=a', 'X-Amz-Algorithm']) {
    t.throws(() => gate(signedHead({ target: `/bucket/key?${query}` })), { ...badArgument, message: /Only one auth mechanism/ }, query)
  }
  t.throws(() => gate(new Head('GET', `${target}&Signature=0`, ['Host', 'gateway.test'])), badArgument)
  t.end()
})

t.test('AU-13: what the body is said to be', (t) => {
  t.throws(() => gate(signedHead({ hash: null })), { ...badRequest, message: 'Missing required header for this request: x-amz-content-sha256' })
  t.same(open(signedHead({ hash: null })).payload, { kind: 'unsigned' })
  for (const hash of ['', 'x', emptyHash.slice(1), `${emptyHash}0`, 'unsigned-payload', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER-X']) {
    t.throws(() => gate(signedHead({ hash })), { ...badArgument, members: { ArgumentName: 'x-amz-content-sha256' } }, hash)
  }
  t.throws(() => gate(signedHead({ hash: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' })), { code: 'NotImplemented', status: 501 })
  t.same(gate(signedHead({ hash: 'UNSIGNED-PAYLOAD' })).payload, { kind: 'unsigned' })
  t.same(gate(signedHead({ hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' })).payload, { kind: 'unsigned-trailer' })
  t.same(gate(signedHead({ hash: emptyHash.toUpperCase() })).payload, { kind: 'sha256', hex: emptyHash })
  for (const trailer of [false, true]) {
    const head = signedHead({ hash: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? '-TRAILER' : ''}` })
    const signature = /Signature=(.*)/.exec(head.get('authorization') ?? '')?.[1]
    const chain = { timestamp: '20260102T030405Z', scope: '20260102/us-east-1/s3/aws4_request', signature }
    t.match(gate(head).payload, { kind: 'chunks', trailer, chain: { ...chain, signingKey: Buffer } })
    t.same(open(head).payload, { kind: 'chunks', trailer, chain: { ...chain, signingKey: undefined } })
  }
  t.end()
})

t.test('AU-15, AU-16, CVE-2025-31489, CVE-2026-40344: a streaming word excuses no signature', (t) => {
  for (const hash of ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'UNSIGNED-PAYLOAD']) {
    for (const method of ['PUT', 'POST', 'DELETE', 'GET']) {
      t.throws(() => gate(signedHead({ method, hash, secret: 'guessed' })), wrongSignature, `${method} ${hash}`)
      t.throws(() => gate(presignedHead({ method, hash, secret: 'guessed' })), wrongSignature, `${method} ${hash}, presigned`)
      t.throws(() => gate(new Head(method, '/bucket/key', ['Host', 'h', 'x-amz-content-sha256', hash])), denied, `${method} ${hash}, unsigned`)
    }
  }
  t.end()
})

t.test('AU-25, GHSA-3p3x-734c-h5vx: one comparison, of the same size however much of the signature is right', (t) => {
  const right = /Signature=(.*)/.exec(signedHead().get('authorization') ?? '')?.[1] ?? ''
  for (const kept of [0, 1, 32, 63]) {
    const compared = t.capture(crypto, 'timingSafeEqual', crypto.timingSafeEqual)
    const wrong = right.slice(0, kept) + (right.charAt(kept) === '0' ? '1' : '0') + right.slice(kept + 1)
    t.throws(() => gate(header((text) => text.replace(right, wrong))), wrongSignature)
    t.same(compared().map(({ args }) => args.map((digest) => digest.byteLength)), [[64, 64]], `${kept} digits right`)
    compared.restore()
  }
  t.end()
})

t.test('AU-27: a session token', (t) => {
  const fields = [['x-amz-security-token', 'token']] as const
  const invalid = { code: 'InvalidToken', status: 400 }
  t.throws(() => gate(signedHead({ fields })), invalid)
  t.throws(() => gate(presignedHead({ target: '/bucket/key?X-Amz-Security-Token=token' })), invalid)
  t.same(open(signedHead({ fields })).identity, everyone.identity, 'an open gateway asks nobody who they are')
  t.end()
})

t.test('LO-02: a mismatch says which fields were signed and tells nothing that was', (t) => {
  try {
    gate(signedHead({ secret: 'other' }))
    t.fail('the signature was wrong')
  } catch (error) {
    // `gate` throws nothing else, which the tests above establish.
    t.same((error as S3Error).members, { SignedHeaders: 'host;x-amz-content-sha256;x-amz-date' })
  }
  t.end()
})
