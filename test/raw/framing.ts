import t from 'tap'
import { filledServer } from '../support/filled-server'
import { ask, RawConnection } from '../support/raw-connection'

/*
 * Requests that two readers could understand differently, or that are no HTTP at all, against the running server. After each
 * the same process must still serve, and the bucket must hold what it held.
 */

const bucket = 'master.framing'
const gateway = filledServer(t, bucket)

const host = 'Host: gateway.test\r\n'
const put = (fields: string, body = ''): string => `PUT /${bucket}/new HTTP/1.1\r\n${host}${fields}\r\n${body}`
const get = (target: string, fields = host, version = 'HTTP/1.1'): string => `GET ${target} ${version}\r\n${fields}\r\n`

interface Row { readonly sent: string | Buffer, readonly status: number, readonly code?: string, readonly stays?: boolean }

/** Sends it, compares the answer, and makes sure that the connection ends (unless it may live on) and nothing else happened. */
async function refused(t: Tap, what: string, row: Row): Promise<void> {
  const before = await gateway.state()
  const connection = await RawConnection.open(gateway.port)
  await connection.write(row.sent)
  const answer = await connection.answer()
  t.equal(answer?.status, row.status, `${what}: status`)
  t.equal(answer?.code, row.code ?? '', `${what}: code`)
  if (row.code !== undefined) t.match(answer?.field('x-amz-request-id'), /^[0-9A-F]{16}$/, `${what}: request id`)
  if (row.stays !== true) {
    t.equal(answer?.field('connection'), 'close', `${what}: announced`)
    // Otherwise the server reads on for a while, so that the answer is not lost in a reset.
    connection.socket.end()
    t.equal(await connection.closed(), '', `${what}: nothing more comes`)
  }
  connection.close()
  t.equal(await gateway.state(), before, `${what}: nothing has changed`)
  t.equal(gateway.exitCode, null, `${what}: the process lives`)
}

type Tap = Pick<typeof t, 'equal' | 'match'>

function refusals(id: string, rows: Readonly<Record<string, Row>>): void {
  t.test(id, async (t) => {
    for (const [what, row] of Object.entries(rows)) await refused(t, what, row)
  })
}

refusals('HT-01: two statements of length', {
  'length and chunks': { sent: put('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), status: 400 },
  'chunks and length': { sent: put('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'), status: 400 },
  'two equal lengths': { sent: put('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), status: 400 },
  'two lengths': { sent: put('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'), status: 400 },
  'a list of lengths': { sent: put('Content-Length: 3, 3\r\n', 'abc'), status: 400 },
  'a sign': { sent: put('Content-Length: +3\r\n', 'abc'), status: 400 },
  'no digits': { sent: put('Content-Length:\r\n', 'abc'), status: 400 },
  'a negative length': { sent: put('Content-Length: -1\r\n'), status: 400 },
  'more than 64 bits': { sent: put('Content-Length: 18446744073709551616\r\n'), status: 400 },
  'hexadecimal': { sent: put('Content-Length: 0x3\r\n', 'abc'), status: 400 },
})

refusals('HT-02: lengths beyond any object', {
  '2^63': { sent: put('Content-Length: 9223372036854775808\r\n', 'abc'), status: 400, code: 'EntityTooLarge' },
  '5 GiB and a byte': { sent: put('Content-Length: 5368709121\r\n', 'abc'), status: 400, code: 'EntityTooLarge' },
  'decoded length': {
    sent: put('Content-Length: 100\r\nx-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\nx-amz-decoded-content-length: 5368709121\r\n', 'abc'),
    status: 400, code: 'EntityTooLarge', stays: true,
  },
})

refusals('HT-03: encodings that nobody takes off', {
  'gzip, chunked': { sent: put('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), status: 501, code: 'NotImplemented' },
})

refusals('HT-04: encodings that end nowhere', {
  'xchunked': { sent: put('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), status: 400 },
  'chunked, identity': { sent: put('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'), status: 400 },
  'two fields': { sent: put('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n'), status: 400 },
  'a tab before it': { sent: put('Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'), status: 400 },
})

refusals('HT-05: fields that are not fields', {
  'a blank before the colon': { sent: get(`/${bucket}`, `${host}X-A : b\r\n`), status: 400 },
  'a folded line': { sent: get(`/${bucket}`, `${host}X-A: b\r\n c\r\n`), status: 400 },
  'a bare CR': { sent: get(`/${bucket}`, `${host}X-A: b\rX-B: c\r\n`), status: 400 },
  'a bare LF': { sent: get(`/${bucket}`, `${host}X-A: b\nX-B: c\r\n`), status: 400 },
  'NUL': { sent: get(`/${bucket}`, `${host}X-A: b\0c\r\n`), status: 400 },
  'no name': { sent: get(`/${bucket}`, `${host}: b\r\n`), status: 400 },
  'no colon': { sent: get(`/${bucket}`, `${host}nonsense\r\n`), status: 400 },
})

refusals('HT-06: hosts and versions', {
  'two hosts': { sent: get(`/${bucket}`, `${host}Host: other\r\n`), status: 400, code: 'InvalidRequest' },
  'an empty host': { sent: get(`/${bucket}`, 'Host:\r\n'), status: 400, code: 'InvalidRequest' },
  'no host in 1.1': { sent: get(`/${bucket}`, ''), status: 400, code: 'InvalidRequest' },
  'no host in 1.0': { sent: get(`/${bucket}`, '', 'HTTP/1.0'), status: 400, code: 'InvalidRequest' },
  'HTTP/0.9': { sent: `GET /${bucket}\r\n\r\n`, status: 400, code: 'InvalidRequest' },
  'HTTP/2.0': { sent: get(`/${bucket}`, host, 'HTTP/2.0'), status: 400, code: 'InvalidRequest' },
  'HTTP/1.9': { sent: get(`/${bucket}`, host, 'HTTP/1.9'), status: 400 },
})

refusals('HT-07: targets that are no path', {
  'absolute form': { sent: get(`http://gateway.test/${bucket}/one`), status: 400, code: 'InvalidURI', stays: true },
  'a fragment': { sent: get(`/${bucket}/one#x`), status: 400, code: 'InvalidURI', stays: true },
  'an asterisk': { sent: get('*'), status: 400, code: 'InvalidURI', stays: true },
  'OPTIONS *': { sent: `OPTIONS * HTTP/1.1\r\n${host}\r\n`, status: 400, code: 'InvalidURI', stays: true },
  'no bucket before the key': { sent: get('//evil/'), status: 400, code: 'InvalidURI', stays: true },
})

refusals('HT-08: heads too large', {
  '1,500 fields': { sent: get(`/${bucket}`, host + 'a:b\r\n'.repeat(1500)), status: 400, code: 'RequestHeaderSectionTooLarge' },
  '40 KiB': { sent: get(`/${bucket}`, `${host}a: ${'b'.repeat(40 * 1024)}\r\n`), status: 431 },
  '40 KiB of target': { sent: get(`/${bucket}/${'b'.repeat(40 * 1024)}`), status: 431 },
  '2,049 bytes of metadata': {
    sent: put(`Content-Length: 0\r\nx-amz-meta-a: ${'b'.repeat(2048)}\r\n`), status: 400, code: 'MetadataTooLarge', stays: true,
  },
})

t.test('HT-09: names that mean something to JavaScript, and trailers', async (t) => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x-amz-meta-__proto__', 'x-amz-meta-constructor']
  const fields = names.map((name) => `${name}: polluted\r\n`).join('')
  const before = await gateway.state()
  t.equal((await ask(gateway.port, put(`Content-Length: 1\r\n${fields}`, 'x')))?.status, 200)
  const got = await ask(gateway.port, get(`/${bucket}/new?__proto__=x&constructor=y`))
  t.equal(got?.field('x-amz-meta-__proto__'), 'polluted')
  t.equal(got?.field('x-amz-meta-constructor'), 'polluted')
  t.equal(got?.field('polluted'), undefined)
  const many = 'a: b\r\n'.repeat(4000)
  const trailers = await ask(gateway.port, put('Transfer-Encoding: chunked\r\n', `1\r\nx\r\n0\r\n${many}\r\n`))
  t.ok([200, 400, 431].includes(trailers?.status ?? 0), '4,000 trailers')
  const trailer = await ask(gateway.port, put('Transfer-Encoding: chunked\r\nTrailer: Authorization\r\n', '1\r\nx\r\n0\r\nAuthorization: AWS nobody:x\r\n\r\n'))
  t.equal(trailer?.status, 200, 'an Authorization behind the body is not one')
  t.equal((await gateway.request('DELETE', `/${bucket}/new`)).status, 204)
  t.equal((await gateway.state()).length, before.length)
  t.equal(gateway.exitCode, null)
})

t.test('HT-10: chunk extensions', async (t) => {
  const chunks = `1;${'e'.repeat(8 * 1024)}\r\nx\r\n`.repeat(20)
  t.equal((await ask(gateway.port, put('Transfer-Encoding: chunked\r\n', `${chunks}0\r\n\r\n`)))?.status, 200)
  t.equal(String((await gateway.request('GET', `/${bucket}/new`)).body), 'x'.repeat(20))
  await refused(t, '20 KiB in one', { sent: put('Transfer-Encoding: chunked\r\n', `1;${'e'.repeat(20 * 1024)}\r\nx\r\n0\r\n\r\n`), status: 400 })
  await gateway.request('DELETE', `/${bucket}/new`)
})

t.test('HT-11: expectations', async (t) => {
  const before = await gateway.state()
  const heads: [string, string, number, string][] = [
    ['a malformed signature', put('Content-Length: 5\r\nExpect: 100-continue\r\nAuthorization: AWS4-HMAC-SHA256 x\r\n'), 400, 'AuthorizationHeaderMalformed'],
    ['an absent bucket', put('Content-Length: 5\r\nExpect: 100-continue\r\n').replace(bucket, 'absent.repo'), 404, 'NoSuchBucket'],
    ['an absent bucket, large', put('Content-Length: 500000\r\nExpect: 100-continue\r\n').replace(bucket, 'absent.repo'), 404, 'NoSuchBucket'],
    ['a failing condition', put('Content-Length: 5\r\nExpect: 100-continue\r\nIf-None-Match: *\r\n').replace('/new', '/one'), 412, 'PreconditionFailed'],
    ['too large', put('Content-Length: 5368709121\r\nExpect: 100-continue\r\n'), 400, 'EntityTooLarge'],
    ['a malformed digest', put('Content-Length: 5\r\nExpect: 100-continue\r\nContent-MD5: x\r\n'), 400, 'InvalidDigest'],
    ['an operation that is not built', put('Content-Length: 5\r\nExpect: 100-continue\r\n').replace('/new', '/new?acl'), 501, 'NotImplemented'],
  ]
  for (const [what, head, status, code] of heads) {
    const connection = await RawConnection.open(gateway.port)
    await connection.write(head)
    const answer = await connection.answer()
    t.same([answer?.status, answer?.code, connection.interim], [status, code, []], what)
    connection.close()
  }
  await refused(t, 'another expectation', { sent: put('Content-Length: 0\r\nExpect: the-unexpected\r\n'), status: 417 })
  t.equal(await gateway.state(), before)
  const connection = await RawConnection.open(gateway.port)
  await connection.write(put('Content-Length: 5\r\nExpect: 100-continue\r\n'))
  while (connection.interim.length === 0) {
    await Promise.race([connection.answer(), new Promise((resolve) => { setImmediate(resolve) })])
  }
  connection.close()
})

t.test('HT-12: other protocols', async (t) => {
  const before = await gateway.state()
  const tls = Buffer.from('16030100c8010000c40303', 'hex')
  for (const bytes of [`CONNECT ${bucket}:80 HTTP/1.1\r\n${host}\r\n`, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', tls, '\0\0\0\0']) {
    const connection = await RawConnection.open(gateway.port)
    await connection.write(bytes)
    t.match(await connection.closed(), /^(HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\n)?$/, 'closed, with nothing but a refusal')
  }
  t.equal(await gateway.state(), before)
})

refusals('HT-13: methods', {
  'TRACE': { sent: `TRACE /${bucket}/one HTTP/1.1\r\n${host}\r\n`, status: 405, code: 'MethodNotAllowed', stays: true },
  'PROPFIND': { sent: `PROPFIND /${bucket} HTTP/1.1\r\n${host}\r\n`, status: 405, code: 'MethodNotAllowed', stays: true },
  'PATCH on the service': { sent: `PATCH / HTTP/1.1\r\n${host}\r\n`, status: 405, code: 'MethodNotAllowed', stays: true },
  'BREW': { sent: `BREW /${bucket} HTTP/1.1\r\n${host}\r\n`, status: 400 },
  'delete in lower case': { sent: `delete /${bucket} HTTP/1.1\r\n${host}\r\n`, status: 400 },
})
