import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { checksumOf, checksumNames } from '../support/checksums'
import { encodeAwsChunked } from '../support/aws-chunked'
import { elements, HttpClient } from '../support/http-client'
import { keyFile } from '../support/key-file'
import { randomFrom } from '../support/random'
import { RawConnection } from '../support/raw-connection'
import { startServer, type RunningServer } from '../support/server'
import { sha256, Signer } from '../support/sign'
import { storedCommits } from '../support/stored-commits'

/**
 * Uploads that end too soon, or are not what their head says: each gets the answer S3 gives, and nothing of it is in any
 * commit. The keys they aim at are new ones and one that is there, whose old version stays whole.
 */
const aborts = Number(process.env['ABORTS'] ?? 500)
const seed = Number(process.env['INTEGRITY_SEED'] ?? Date.now() % 1_000_000)
const bucket = '/master.integrity'
const keyId = 'tester'
const secret = 'a secret of the tests'
const directory = t.testdir({ data: {} })
const data = join(directory, 'data')
/** Objects made before the tests; nothing else may ever be there. */
const made = 2

let server: RunningServer
let client: HttpClient
let before: unknown

t.before(async () => {
  server = await startServer(data, keyFile(directory, [{ id: keyId, secret, name: 'Tester' }], 'full'))
  client = new HttpClient(server.port)
  await client.request('PUT', bucket)
  await client.request('PUT', `${bucket}/kept`, 'the old version')
  await client.request('PUT', `${bucket}/kept-large`, Buffer.alloc(800_000, 'the old version'))
  before = await state()
})

/** Everything that a client can see of the bucket. */
async function state(): Promise<unknown> {
  const list = await client.request('GET', `${bucket}?list-type=2`)
  const objects = []
  for (const key of elements(list.body, 'Key')) {
    const { headers, body } = await client.request('GET', `${bucket}/${key}`)
    objects.push([key, headers.etag, headers['x-amz-version-id'], createHash('sha256').update(body).digest('hex')])
  }
  return objects
}

t.test(`${String(aborts)} uploads that break off at any byte, seed ${String(seed)}`, async (t) => {
  const random = randomFrom(seed)
  const one = async (n: number): Promise<void> => {
    const size = random(2) === 0 ? 1 + random(20_000) : 200_000 + random(500_000)
    const body = Buffer.alloc(size, `upload ${String(n)};`)
    const target = `${bucket}/${['kept', 'kept-large', `new${String(n)}`][random(3)] ?? ''}`
    const connection = await RawConnection.open(server.port)
    const framing = random(3)
    const [trailerFields, awsChunked] = withTrailer('crc32', checksumOf('crc32', body), body)
    const wire = framing === 0 ? body : framing === 1 ? httpChunked(body) : awsChunked
    const length = { 'Content-Length': String(wire.length) }
    await connection.head('PUT', target, [length, { 'Transfer-Encoding': 'chunked' }, { ...length, ...trailerFields }][framing])
    // The last byte is never sent, and often only it is missing.
    await connection.write(wire.subarray(0, random(4) === 0 ? wire.length - 1 : random(wire.length)))
    await connection.breakOff(random(2) === 0 ? 'fin' : 'rst')
    if (/^HTTP\/1.1 200/.test(connection.received())) t.fail('half an upload was acknowledged', { n, framing, size })
  }
  for (let n = 0; n < aborts; n += 16) await Promise.all(Array.from({ length: Math.min(16, aborts - n) }, (_, i) => one(n + i)))
  t.same(await state(), before)
})

function httpChunked(body: Buffer): Buffer {
  const half = Math.ceil(body.length / 2)
  const chunk = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  return Buffer.concat([chunk(body.subarray(0, half)), ...half < body.length ? [chunk(body.subarray(half))] : [], Buffer.from('0\r\n\r\n')])
}

/** Fields and body of an aws-chunked PUT whose trailer has this value of that checksum. */
function withTrailer(name: string, value: string, body: Buffer): [Record<string, string>, Buffer] {
  const field = `x-amz-checksum-${name}`
  const length = String(body.length)
  return [
    { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': length, 'x-amz-trailer': field },
    encodeAwsChunked([body], { trailer: { name: field, value } }),
  ]
}

/** As clients of AWS compute them: of `other bytes`, and of the body that is taken. */
const xxhashes = [
  ['xxhash3', 'zLCJ/bF+QzE=', '9MMg0gr0NmM='], ['xxhash64', 'uNrJiuQ0Ems=', 'ALEQ5QYZUYM='],
  ['xxhash128', 'WDj6cpu7Es5djEqfU3fxUg==', 'VZInMNpVKkf0wyDSCvQ2Yw=='],
] as const

/** What is wrong, the answer it must get, and the request. */
type Wrong = readonly [what: string, code: string, headers: Record<string, string>, wire: Buffer]

function wrongSums(body: Buffer): Wrong[] {
  const other = Buffer.from('other bytes')
  const trailer = (name: string, value: string): [Record<string, string>, Buffer] => withTrailer(name, value, body)
  const tooLong = { ...trailer('crc32', '')[0], 'x-amz-decoded-content-length': String(body.length + 1) }
  return [
    ['Content-MD5', 'BadDigest', { 'Content-MD5': createHash('md5').update(other).digest('base64') }, body],
    ['ill-formed Content-MD5', 'InvalidDigest', { 'Content-MD5': 'bm8=' }, body],
    ['payload hash, unsigned', 'XAmzContentSHA256Mismatch', { 'x-amz-content-sha256': sha256(other) }, body],
    ...[...checksumNames.map((name) => [name, checksumOf(name, other)] as const), ...xxhashes].flatMap(([name, ofOther]): Wrong[] => [
      [`${name} in the header`, 'BadDigest', { [`x-amz-checksum-${name}`]: ofOther }, body],
      [`ill-formed ${name} in the header`, 'InvalidRequest', { [`x-amz-checksum-${name}`]: 'bm8' }, body],
      [`${name} in the trailer`, 'BadDigest', ...trailer(name, ofOther)],
      [`ill-formed ${name} in the trailer`, 'InvalidRequest', ...trailer(name, 'bm8')],
    ]),
    ['fewer bytes than the decoded length', 'IncompleteBody', tooLong, trailer('crc32', checksumOf('crc32', body))[1]],
  ]
}

function wrongSignatures(body: Buffer, target: string): Wrong[] {
  const signer = new Signer(keyId, secret)
  const host = { host: `127.0.0.1:${String(server.port)}` }
  const signed = (payload: string, more: Record<string, string> = {}) => signer.sign('PUT', target, payload, { ...host, ...more })
  const spoilt = (headers: Record<string, string>) => {
    return { ...headers, authorization: (headers['authorization'] ?? '').replace(/.$/, (last) => last === '0' ? '1' : '0') }
  }
  const streaming = { 'x-amz-decoded-content-length': String(body.length) }
  const chunks = [body.subarray(0, 9000), body.subarray(9000)].filter((chunk) => chunk.length > 0)
  const chain = (headers: Record<string, string>) => encodeAwsChunked(chunks, { seed: signer.seed(headers) })
  const head = signed('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', streaming)
  const signature = (wire: Buffer, which: 'first' | 'last') => {
    const at = which === 'first' ? wire.indexOf('chunk-signature=') : wire.lastIndexOf('chunk-signature=')
    const copy = Buffer.from(wire)
    copy[at + 20] = copy[at + 20] === 0x30 ? 0x31 : 0x30
    return copy
  }
  return [
    ['signature', 'SignatureDoesNotMatch', spoilt(signed(sha256(body))), body],
    ['payload hash, signed', 'XAmzContentSHA256Mismatch', signed(sha256('other bytes')), body],
    ['signature of the first chunk', 'SignatureDoesNotMatch', head, signature(chain(head), 'first')],
    ['signature of the last chunk', 'SignatureDoesNotMatch', head, signature(chain(head), 'last')],
    ['a byte of a signed chunk', 'SignatureDoesNotMatch', head, flipped(chain(head), 200)],
  ]
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

t.test('uploads that are not what their head says', async (t) => {
  for (const size of [3000, 700_000]) {
    const body = Buffer.alloc(size, 'what was meant ')
    for (const key of ['kept', 'new']) {
      const target = `${bucket}/${key}`
      for (const [what, code, headers, wire] of [...wrongSums(body), ...wrongSignatures(body, target)]) {
        const answer = await client.request('PUT', target, wire, headers)
        t.equal(elements(answer.body, 'Code')[0], code, `${String(size)} bytes to ${key}: ${what}`)
        t.equal(answer.status, code === 'SignatureDoesNotMatch' ? 403 : 400)
      }
    }
  }
  t.same(await state(), before)
})

t.test('the same requests with nothing wrong in them are taken', async (t) => {
  const body = Buffer.alloc(30_000, 'what was meant ')
  const signer = new Signer(keyId, secret)
  const signed = { host: `127.0.0.1:${String(server.port)}`, 'x-amz-decoded-content-length': '30000' }
  const headers = signer.sign('PUT', `${bucket}/right`, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', signed)
  t.equal((await client.request('PUT', `${bucket}/right`, encodeAwsChunked([body], { seed: signer.seed(headers) }), headers)).status, 200)
  const right = [...checksumNames.map((name) => [name, checksumOf(name, body)] as const), ...xxhashes.map(([name, , value]) => [name, value] as const)]
  for (const [name, value] of right) {
    const { status, headers } = await client.request('PUT', `${bucket}/right`, body, { [`x-amz-checksum-${name}`]: value })
    t.same([status, headers[`x-amz-checksum-${name}`]], [200, value], name)
  }
})

t.test('no commit holds anything else', async (t) => {
  client.close()
  t.equal(await server.stop(), 0)
  t.equal(await storedCommits(data, 'integrity'), 1 + made + 1 + checksumNames.length + xxhashes.length)
})
