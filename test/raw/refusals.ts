import t from 'tap'
import { createHash } from 'node:crypto'
import { filledKey, filledServer } from '../support/filled-server'
import { ask, RawConnection } from '../support/raw-connection'
import { sha256, Signer } from '../support/sign'
import { bucketSubresources, objectSubresources } from '../../lib/s3/subresource'

/*
 * Names, parameters and documents that must not mean what they could be taken for: nothing unknown creates, changes or
 * deletes, and nothing that a client sends comes back as a header of its own.
 */

const bucket = 'master.refusals'
const gateway = filledServer(t, bucket)

const head = (method: string, target: string, fields = ''): string => `${method} ${target} HTTP/1.1\r\nHost: gateway.test\r\n${fields}\r\n`

/** The answer to a POST of a document of keys to delete, its MD5 right. */
async function post(document: Buffer | string, fields: Record<string, string> = {}): Promise<{ status: number, code: string }> {
  const digest = createHash('md5').update(document).digest('base64')
  const { status, body } = await gateway.request('POST', `/${bucket}?delete`, document, { 'content-md5': digest, ...fields })
  return { status, code: /<Code>(\w+)<\/Code>/.exec(String(body))?.[1] ?? '' }
}

t.test('sub-resources, known or not, never create, change or delete what is behind them', async (t) => {
  const before = await gateway.state()
  const unknown = ['unknown', 'torrents', 'Acl', 'ACL', 'acls', 'lifecycles', 'versionsX', 'policy2', 'new-feature', '__proto__', 'constructor', 'toString']
  const names = [...new Set([...Object.keys(bucketSubresources), ...Object.keys(objectSubresources), ...unknown])]
  const places = [['bucket', `/${bucket}`], ['bucket', '/fresh.repo'], ['object', `/${bucket}/one`], ['object', `/${bucket}/fresh`]] as const
  // These change something by their own right.
  const meant = new Set(['POST bucket delete', 'POST object uploads'])
  for (const name of names) {
    for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
      for (const [kind, path] of places) {
        if (meant.has(`${method} ${kind} ${name}`)) continue
        for (const query of [name, `${name}=`, `${name}&x-id=Anything`]) {
          const answer = await gateway.request(method, `${path}?${query}`, method === 'PUT' || method === 'POST' ? '<x/>' : undefined)
          const what = `${method} ${path}?${query}`
          const reads = method === 'GET' || method === 'HEAD'
          const wrong = reads ? answer.status >= 500 && answer.status !== 501 : answer.status < 400 || answer.status === 500
          if (wrong) t.equal(answer.status, 501, `${what}: ${String(answer.body)}`)
          if (!/^[0-9A-F]{16}$/.test(String(answer.headers['x-amz-request-id']))) t.equal(answer.headers['x-amz-request-id'], 'an id', what)
          if (method === 'HEAD' && answer.body.length > 0) t.equal(String(answer.body), '', what)
        }
      }
    }
    if (await gateway.state() !== before) t.equal(await gateway.state(), before, `?${name}`)
  }
  t.equal(await gateway.state(), before)
})

t.test('HEAD refusals have no body and keep their request id', async (t) => {
  const connection = await RawConnection.open(gateway.port)
  const rows = [[`/${bucket}/absent`, 404], ['/absent.repo', 404], ['/absent.repo/x', 404], ['/a..b', 400], [`/${bucket}/one?versionId=0`, 400],
    [`/${bucket}/%zz`, 400]] as const
  for (const [target, status] of rows) {
    await connection.write(head('HEAD', target))
    const answer = await connection.answer(true)
    t.equal(answer?.status, status, target)
    t.match(answer?.field('x-amz-request-id'), /^[0-9A-F]{16}$/, target)
  }
  await connection.write(head('GET', `/${bucket}/one`))
  t.equal((await connection.answer())?.body, 'one', 'no body was in the way')
  connection.close()
})

t.test('HT-16: percent-encoding is exact or refused', async (t) => {
  const before = await gateway.state()
  for (const bad of ['%zz', '%', '%4', '%00', '%c0%af', '%ed%a0%80', '%ff', '%e2%82', 'a%00b']) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await ask(gateway.port, head(method, `/${bucket}/${bad}`, method === 'PUT' ? 'Content-Length: 0\r\n' : ''))
      t.same([answer?.status, answer?.code], [400, 'InvalidURI'], `${method} ${bad}`)
    }
  }
  for (const bad of ['/%zz', '/%00', '/%2e%2e/x', '/..%2f..', '/%2f', `/${bucket}%00`]) {
    const answer = await ask(gateway.port, head('GET', bad))
    t.ok(answer !== undefined && answer.status >= 400 && answer.status < 500, `${bad}: ${String(answer?.status)}`)
  }
  for (const query of ['prefix=%zz', 'prefix=%', 'prefix=%ff', 'prefix=%00']) {
    const answer = await ask(gateway.port, head('GET', `/${bucket}?list-type=2&${query}`))
    t.ok(answer !== undefined && [200, 400].includes(answer.status), `${query}: ${String(answer?.status)}`)
  }
  t.equal(await gateway.state(), before)
  const pairs = [['a+b', 'a+b'], ['a%2Bb', 'a+b'], ['a%2bb', 'a+b'], ['a%20b', 'a b'], ['%25', '%'], ['%2525', '%25'], ['a%2Fb', 'a/b'],
    ['..', '..'], ['%2e%2e', '..'],
    ['%252e', '%2e'], ['a\\b', 'a\\b'], ['./x/../y', './x/../y']] as const
  for (const [raw, key] of pairs) {
    t.equal((await ask(gateway.port, `${head('PUT', `/${bucket}/${raw}`, 'Content-Length: 1\r\n')}x`))?.status, 200, raw)
    const listing = String((await gateway.request('GET', `/${bucket}?list-type=2`)).body)
    t.match(listing, `<Key>${key}</Key>`, raw)
    t.equal((await ask(gateway.port, head('DELETE', `/${bucket}/${raw}`)))?.status, 204, raw)
  }
})

t.test('HT-17: nothing that was sent becomes a header line', async (t) => {
  const evil = 'a%0d%0aSet-Cookie:%20x=y'
  const chosen = ['response-content-disposition', 'response-content-type', 'response-expires', 'versionId']
  const rows = [...chosen.map((name) => `/${bucket}/one?${name}=${evil}`), `/${bucket}/${evil}`, `/${evil}/x`,
    `/${bucket}?list-type=2&prefix=${evil}&continuation-token=${evil}`, `/${bucket}?${evil}`]
  for (const target of rows) {
    for (const method of target.includes('/one?') ? ['GET', 'HEAD'] : ['GET', 'PUT', 'DELETE']) {
      const answer = await ask(gateway.port, head(method, target, method === 'PUT' ? 'Content-Length: 0\r\n' : ''))
      t.ok(answer !== undefined && answer.status < 500 && answer.field('set-cookie') === undefined, `${method} ${target}: ${String(answer?.status)}`)
    }
  }
  const base64 = Buffer.from('a\r\nSet-Cookie: x').toString('base64')
  const words = ['=?UTF-8?Q?a=0D=0ASet-Cookie:_x?=', `=?UTF-8?B?${base64}?=`, '=?UTF-8?Q?=00?=', '=?UTF-8?Q?=ff?=', '\xff\xfe']
  for (const word of words) {
    const fields = `Content-Length: 0\r\nx-amz-meta-a: ${word}\r\nContent-Disposition: ${word}\r\n`
    const put = await ask(gateway.port, Buffer.from(head('PUT', `/${bucket}/meta`, fields), 'latin1'))
    const got = await ask(gateway.port, head('GET', `/${bucket}/meta`))
    t.ok(put !== undefined && [200, 400].includes(put.status), word)
    t.ok(got !== undefined && got.status < 500 && got.field('set-cookie') === undefined, `${word} on its way back`)
  }
  for (const key of ['meta', evil]) await gateway.request('DELETE', `/${bucket}/${key}`)
  t.equal(gateway.exitCode, null)
})

t.test('HT-18: one metadata name twice, in two spellings', async (t) => {
  const signer = new Signer(filledKey.id, filledKey.secret)
  const signed = signer.sign('PUT', `/${bucket}/twice`, sha256(''), { host: 'gateway.test', 'x-amz-meta-colour': 'red,green' })
  const others = Object.entries(signed).filter(([name]) => name !== 'x-amz-meta-colour' && name !== 'host')
  const fields = others.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const twice = `X-Amz-Meta-Colour: red\r\n${fields}x-amz-meta-COLOUR: green\r\nContent-Length: 0\r\n`
  const answer = await ask(gateway.port, head('PUT', `/${bucket}/twice`, twice))
  t.same([answer?.status, answer?.code], [200, ''])
  t.equal((await gateway.request('HEAD', `/${bucket}/twice`)).headers['x-amz-meta-colour'], 'red,green')
  await gateway.request('DELETE', `/${bucket}/twice`)
})

t.test('XM-01 … XM-06: documents that are attacks', async (t) => {
  const before = await gateway.state()
  const keys = '<Object><Key>one</Key></Object>'
  const whole = (inside: string, attributes = ''): string => `<Delete${attributes}>${inside}</Delete>`
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`<?xml version="1.0" encoding="UTF-16"?>${whole(keys)}`, 'utf16le')])
  const rows: [string, Buffer | string, string][] = [
    ['XM-01 document type', `<!DOCTYPE Delete>${whole(keys)}`, 'MalformedXML'],
    ['XM-01 external entity', `<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>${whole('<Object><Key>&e;</Key></Object>')}`, 'MalformedXML'],
    ['XM-01 entity chain', `<!DOCTYPE d [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${whole('<Object><Key>&b;</Key></Object>')}`, 'MalformedXML'],
    ['XM-01 undeclared entity', whole('<Object><Key>&e;</Key></Object>'), 'MalformedXML'],
    ['XM-02 nesting', '<a>'.repeat(60_000), 'MalformedXML'],
    ['XM-02 nesting within', whole(`${'<a>'.repeat(60_000)}${'</a>'.repeat(60_000)}`), 'MalformedXML'],
    ['XM-03 attributes', whole(keys, Array.from({ length: 100_000 }, (_, index) => ` a${String(index)}=""`).join('')), 'MalformedXML'],
    ['XM-03 a long attribute', whole(keys, ` a="${'x'.repeat(1_000_000)}"`), 'MalformedXML'],
    ['XM-03 a long text', whole(`<Object><Key>${'x'.repeat(1_000_000)}</Key></Object>`), 'MalformedXML'],
    ['XM-04 too long', whole(keys) + ' '.repeat(2 * 1024 * 1024), 'MaxMessageLengthExceeded'],
    ['XM-05 UTF-16', utf16, 'MalformedXML'],
    ['XM-05 not UTF-8', Buffer.from(whole('<Object><Key>\xff</Key></Object>'), 'latin1'), 'MalformedXML'],
    ['XM-05 XML 1.1', `<?xml version="1.1"?>${whole('<Object><Key>&#1;</Key></Object>')}`, 'MalformedXML'],
    ['XM-05 text behind the root', `${whole(keys)}more`, 'MalformedXML'],
    ['XM-05 a second root', whole(keys) + whole(keys), 'MalformedXML'],
    ['XM-05 truncated', whole(keys).slice(0, -3), 'MalformedXML'],
    ['XM-06 no key', whole(''), 'MalformedXML'],
    ['XM-06 1,001 keys', whole(keys.repeat(1001)), 'MalformedXML'],
    ['nothing', '', 'MalformedXML'],
    ['another document', '<Other/>', 'MalformedXML'],
  ]
  for (const [what, document, code] of rows) {
    const answer = await post(document)
    t.same(answer, { status: 400, code: what === 'nothing' ? answer.code : code }, what)
  }
  const bare = await gateway.request('POST', `/${bucket}?delete`, whole(keys))
  t.match(String(bare.body), 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*', 'XM-06')
  t.same(await post(whole(keys), { 'content-md5': createHash('md5').digest('base64') }), { status: 400, code: 'BadDigest' })
  for (const [name, bytes] of [
    ['crc32', 4], ['crc32c', 4], ['crc64nvme', 8], ['sha1', 20], ['sha256', 32], ['sha512', 64], ['md5', 16], ['xxhash3', 8], ['xxhash64', 8],
    ['xxhash128', 16],
  ] as const) {
    const alone = async (value: string) => {
      const { status, body } = await gateway.request('POST', `/${bucket}?delete`, whole(keys), { [`x-amz-checksum-${name}`]: value })
      return [status, /<Code>(\w+)<\/Code>/.exec(String(body))?.[1]]
    }
    t.same(await alone(Buffer.alloc(bytes, 'x').toString('base64')), [400, 'BadDigest'], `the only digest of a list: ${name}`)
    t.same(await alone('!!!'), [400, 'InvalidRequest'], `the only digest of a list: ${name}`)
  }
  t.equal(await gateway.state(), before)
  t.equal(gateway.exitCode, null)
})

t.test('XM-08, XM-09: numbers and ranges', async (t) => {
  for (const value of ['1e3', '%205', '-1', '2147483648', 'NaN', '0x10', '9999999999999999999999']) {
    const { status, body } = await gateway.request('GET', `/${bucket}?list-type=2&max-keys=${value}`)
    t.ok(status === 400 && String(body).includes('<Code>InvalidArgument</Code>') || status === 200 && String(body).includes('<MaxKeys>1000</MaxKeys>'), value)
  }
  const ranges: [string, number][] = [['bytes=5-2', 200], ['bytes=-0', 416], ['bytes=18446744073709551616-', 416], ['bytes=0-18446744073709551616', 206],
    [`bytes=${'0-0,'.repeat(1000)}1-1`, 200], ['bytes=0-1,2-3', 200], ['lines=1-2', 200], ['bytes=', 200], ['bytes=a-b', 200]]
  for (const [range, status] of ranges) {
    t.equal((await gateway.request('GET', `/${bucket}/one`, undefined, { range })).status, status, range.slice(0, 40))
  }
})
