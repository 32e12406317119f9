import t from 'tap'
import { createHash } from 'node:crypto'
import { encodeAwsChunked } from '../support/aws-chunked'
import { filledKey, filledServer } from '../support/filled-server'
import { ask, RawConnection } from '../support/raw-connection'
import { sha256, Signer } from '../support/sign'

/*
 * Bodies on the wire: in any pieces, several requests at once, cut anywhere, at odds with what their heads promise. What is
 * not whole and right leaves nothing behind.
 */

const bucket = 'master.bodies'
const gateway = filledServer(t, bucket)

const target = `/${bucket}/new`
const host = 'gateway.test'

function request(method: string, path: string, fields: Readonly<Record<string, string>>, body: Buffer | string = ''): Buffer {
  const lines = Object.entries({ host, ...fields }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), Buffer.from(body)])
}

/** A PUT in the form of aws-chunked that signs every chunk and the trailer. */
function signedChunks(content: Buffer): Buffer {
  const signer = new Signer(filledKey.id, filledKey.secret)
  const crc = 'x-amz-checksum-sha256'
  const trailer = { name: crc, value: createHash('sha256').update(content).digest('base64') }
  const fields = signer.sign('PUT', target, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', {
    host, 'x-amz-decoded-content-length': String(content.length), 'x-amz-trailer': crc, 'content-encoding': 'aws-chunked',
  })
  const body = encodeAwsChunked([content], { seed: signer.seed(fields), trailer })
  return request('PUT', target, { ...fields, 'content-length': String(body.length) }, body)
}

const content = Buffer.from('some content\0\r\n0\r\n\r\n')

/** Resolves after the server has had a turn: bytes written before and after are two reads for it. */
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

async function holds(t: Pick<Tap, 'equal'>, what: string): Promise<void> {
  const got = await gateway.request('GET', target)
  t.equal(String(got.body), String(content), what)
  await gateway.request('DELETE', target)
}

type Tap = Pick<typeof t, 'equal' | 'match' | 'same'>

t.test('ST-12: a signed aws-chunked PUT, byte by byte', async (t) => {
  const bytes = signedChunks(content)
  const connection = await RawConnection.open(gateway.port)
  for (let index = 0; index < bytes.length; index++) {
    await connection.write(bytes.subarray(index, index + 1))
    await turn()
  }
  t.equal((await connection.answer())?.status, 200)
  connection.close()
  await holds(t, 'byte by byte')
})

t.test('ST-12: the same PUT, split at every point', async (t) => {
  const bytes = signedChunks(content)
  const connection = await RawConnection.open(gateway.port)
  for (let split = 1; split < bytes.length; split++) {
    await connection.write(bytes.subarray(0, split))
    await turn()
    await connection.write(bytes.subarray(split))
    const answer = await connection.answer()
    if (answer?.status !== 200) t.equal(answer?.status, 200, `split at ${String(split)}: ${answer?.body ?? ''}`)
  }
  connection.close()
  await holds(t, 'split everywhere')
})

t.test('IN-01: requests cut at every point of head and body', async (t) => {
  const before = await gateway.state()
  const forms = [
    request('PUT', target, { 'content-length': String(content.length) }, content), signedChunks(content),
    request('PUT', target, { 'transfer-encoding': 'chunked' }, Buffer.concat([Buffer.from('14\r\n'), content, Buffer.from('\r\n0\r\n\r\n')])),
    request('DELETE', `/${bucket}/one`, {}), request('POST', `/${bucket}?delete`, { 'content-length': '90' }, '<Delete>'),
  ]
  for (const [index, bytes] of forms.entries()) {
    // Past 300 bytes of a head there is nothing new at each single byte.
    for (let cut = 1; cut < bytes.length; cut += cut < 60 || cut > bytes.length - 320 ? 1 : 7) {
      const connection = await RawConnection.open(gateway.port)
      await connection.write(bytes.subarray(0, cut))
      if (cut % 2 === 0) {
        connection.socket.end()
        const rest = await connection.closed()
        if (!/^(HTTP\/1\.1 [45]\d\d [^]*)?$/.test(rest)) t.equal(rest, '', `form ${String(index)} cut at ${String(cut)}`)
      } else connection.socket.resetAndDestroy()
    }
  }
  t.equal(await gateway.state(), before, 'nothing became visible')
  t.equal(gateway.exitCode, null)
})

t.test('IN-01: a large body cut in its middle', async (t) => {
  const before = await gateway.state()
  const large = Buffer.alloc(900_000, 'x')
  for (const end of ['end', 'resetAndDestroy'] as const) {
    for (const bytes of [request('PUT', `/${bucket}/one`, { 'content-length': '900001' }, large),
      request('PUT', `/${bucket}/one`, { 'transfer-encoding': 'chunked' }, Buffer.concat([Buffer.from('dbba0\r\n'), large, Buffer.from('\r\n')])),
      request('PUT', `/${bucket}/one`, { 'transfer-encoding': 'chunked' }, Buffer.concat([Buffer.from('dbba0\r\n'), large, Buffer.from('\r\nzz\r\n')]))]) {
      const connection = await RawConnection.open(gateway.port)
      await connection.write(bytes)
      connection.socket[end]()
      if (end === 'end') t.match(await connection.closed(), /^(HTTP\/1\.1 400 [^]*)?$/)
    }
  }
  t.equal(await gateway.state(), before, 'the old object stands')
})

t.test('IN-02, IN-03, ST-01 … ST-10: promises that the body does not keep', async (t) => {
  const before = await gateway.state()
  const put = (fields: Readonly<Record<string, string>>, body: Buffer | string = content): Buffer =>
    request('PUT', `/${bucket}/one`, { ...fields, 'content-length': String(body.length) }, body)
  const unsigned = (fields: Readonly<Record<string, string>>, body: string): Buffer =>
    put({ 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', ...fields }, body)
  const announced = { 'x-amz-trailer': 'x-amz-checksum-crc32' }
  const good = signedChunks(content).toString('latin1')
  const rows: [string, Buffer, number, string][] = [
    ['IN-02 wrong MD5', put({ 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }), 400, 'BadDigest'],
    ['IN-02 malformed MD5', put({ 'content-md5': 'AAAA' }), 400, 'InvalidDigest'],
    ['IN-03 wrong CRC32', put({ 'x-amz-checksum-crc32': 'AAAAAA==' }), 400, 'BadDigest'],
    ['IN-03 wrong CRC64NVME', put({ 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }), 400, 'BadDigest'],
    ['IN-03 malformed SHA-1', put({ 'x-amz-checksum-sha1': 'AAAA' }), 400, 'InvalidRequest'],
    ['IN-03 two kinds', put({ 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }), 400, 'InvalidRequest'],
    ['IN-03 another algorithm', put({ 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-sdk-checksum-algorithm': 'SHA256' }), 400, 'InvalidRequest'],
    ['payload hash', put({ 'x-amz-content-sha256': sha256('other') }), 400, 'XAmzContentSHA256Mismatch'],
    ['ST-01 a chunk changed', Buffer.from(good.replace('some content', 'Some content'), 'latin1'), 403, 'SignatureDoesNotMatch'],
    ['ST-02 no last chunk', unsigned({}, 'a\r\n0123456789\r\n'), 400, 'IncompleteBody'],
    ['ST-03 more than decoded', unsigned({ 'x-amz-decoded-content-length': '9' }, 'a\r\n0123456789\r\n0\r\n\r\n'), 400, 'IncompleteBody'],
    ['ST-03 less than decoded', unsigned({ 'x-amz-decoded-content-length': '11' }, 'a\r\n0123456789\r\n0\r\n\r\n'), 400, 'IncompleteBody'],
    ['ST-03 not a number', unsigned({ 'x-amz-decoded-content-length': '-1' }, 'a\r\n0123456789\r\n0\r\n\r\n'), 411, 'MissingContentLength'],
    ['ST-04 a short chunk', unsigned({}, '1\r\n0\r\n1\r\n1\r\n0\r\n\r\n'), 403, 'InvalidChunkSizeError'],
    ['ST-05 a sign', unsigned({}, '+a\r\n0123456789\r\n0\r\n\r\n'), 400, 'IncompleteBody'],
    ['ST-05 a long line', unsigned({}, `${'0'.repeat(2000)}a\r\n0123456789\r\n0\r\n\r\n`), 400, 'IncompleteBody'],
    ['ST-06 a huge chunk', unsigned({}, '140000000\r\n0123456789\r\n0\r\n\r\n'), 400, 'IncompleteBody'],
    ['ST-07 bytes behind the end', unsigned({}, 'a\r\n0123456789\r\n0\r\n\r\nmore'), 400, 'InvalidRequest'],
    ['ST-08 another trailer', unsigned(announced, 'a\r\n0123456789\r\n0\r\nx-amz-checksum-sha1:AAAA\r\n\r\n'), 400, 'MalformedTrailerError'],
    ['ST-08 unknown algorithm', unsigned({ 'x-amz-trailer': 'x-amz-checksum-none' }, 'a\r\n0123456789\r\n0\r\n\r\n'), 400, 'InvalidRequest'],
    ['ST-09 wrong trailer', unsigned(announced, 'a\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'), 400, 'BadDigest'],
    ['ST-09 trailer signature', Buffer.from(good.replace(/(trailer-signature:)\w{4}/, '$1dead'), 'latin1'), 403, 'SignatureDoesNotMatch'],
    ['ST-10 no length at all', request('PUT', `/${bucket}/one`, {}), 411, 'MissingContentLength'],
    ['ST-13 chunks where none belong', request('GET', `/${bucket}/one`, { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }),
      400, 'InvalidRequest'],
  ]
  for (const [what, bytes, status, code] of rows) {
    const answer = await ask(gateway.port, bytes)
    t.same([answer?.status, answer?.code], [status, code], what)
    t.match(answer?.field('x-amz-request-id'), /^[0-9A-F]{16}$/, what)
    t.equal(await gateway.state(), before, `${what}: nothing has changed`)
  }
  t.equal(gateway.exitCode, null)
})

t.test('HT-11: a client that waits is refused before it sends', async (t) => {
  const before = await gateway.state()
  const signer = new Signer(filledKey.id, 'another secret')
  const fields = signer.sign('PUT', `/${bucket}/one`, sha256(content), { host })
  const stranger = new Signer('AKIDSTRANGER', filledKey.secret).sign('PUT', `/${bucket}/one`, sha256(content), { host })
  for (const [signed, code] of [[fields, 'SignatureDoesNotMatch'], [stranger, 'InvalidAccessKeyId']] as const) {
    for (const length of [content.length, 10_000_000]) {
      const connection = await RawConnection.open(gateway.port)
      await connection.write(request('PUT', `/${bucket}/one`, { ...signed, 'content-length': String(length), 'expect': '100-continue' }))
      const answer = await connection.answer()
      t.same([answer?.status, answer?.code, connection.interim], [403, code, []])
      connection.close()
    }
  }
  t.equal(await gateway.state(), before)
})

t.test('HT-14: several requests at once on one connection', async (t) => {
  const before = await gateway.state()
  const connection = await RawConnection.open(gateway.port)
  const gets = Array.from({ length: 50 }, (_, index) => request('GET', `/${bucket}/${index % 2 === 0 ? 'one' : 'two'}`, {}))
  await connection.write(Buffer.concat(gets))
  for (let index = 0; index < 50; index++) t.equal((await connection.answer())?.body, index % 2 === 0 ? 'one' : 'two')
  const inner = request('DELETE', `/${bucket}/one`, {})
  const small = request('PUT', '/absent.repo/x', { 'content-length': String(inner.length) }, inner)
  await connection.write(Buffer.concat([small, request('HEAD', `/${bucket}/one`, {}), request('GET', `/${bucket}/two`, {})]))
  t.equal((await connection.answer())?.code, 'NoSuchBucket')
  t.equal((await connection.answer(true))?.field('content-length'), '3', 'the body of the refused request is no request')
  t.equal((await connection.answer())?.body, 'two')
  const large = request('PUT', '/absent.repo/x', { 'content-length': '900000' }, Buffer.concat([Buffer.alloc(300_000 - inner.length, 'x'), inner]))
  await connection.write(large)
  const refused = await connection.answer()
  t.same([refused?.code, refused?.field('connection')], ['NoSuchBucket', 'close'])
  await connection.write(Buffer.alloc(600_000, 'y'))
  await connection.write(request('DELETE', `/${bucket}/one`, {}))
  t.equal(await connection.closed(), '', 'closed without another answer')
  t.equal(await gateway.state(), before)
  for (const last of [request('GET', `/${bucket}/one`, { Host: 'two' }), request('PUT', target, { 'expect': 'wonders', 'content-length': '0' })]) {
    const connection = await RawConnection.open(gateway.port)
    const deletes = [request('DELETE', `/${bucket}/one`, {}), request('DELETE', `/${bucket}/two`, {})]
    await connection.write(Buffer.concat([request('GET', `/${bucket}/one`, {}), last, ...deletes]))
    t.equal((await connection.answer())?.body, 'one')
    t.equal((await connection.answer())?.field('connection'), 'close')
    t.equal(await connection.closed(), '')
    t.equal(await gateway.state(), before, 'what stands behind the last answer does not happen')
  }
  const mixed = await RawConnection.open(gateway.port)
  const read = request('GET', target, {})
  const write = (body: string): Buffer => request('PUT', target, { 'content-length': '1' }, body)
  await mixed.write(Buffer.concat([write('a'), read, write('b'), read, request('DELETE', target, {}), read]))
  const bodies: (string | undefined)[] = []
  for (let index = 0; index < 6; index++) bodies.push((await mixed.answer())?.body.slice(0, 1))
  mixed.close()
  t.same(bodies, ['', 'a', '', 'b', '', '<'], 'each sees the work of those before it')
  await gateway.request('DELETE', target)
})
