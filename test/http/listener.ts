import { spawn } from 'node:child_process'
import { IncomingMessage, ServerResponse } from 'node:http'
import net, { Socket } from 'node:net'
import t from 'tap'
import { limits } from '../../lib/limits'
import { Connections } from '../../lib/http/connections'
import { listen } from '../../lib/http/listener'
import type { Exchange } from '../../lib/http/exchange'
import { noBody, type Reply } from '../../lib/kit/reply'
import { selfSigned } from '../support/certificate'
import { RawConnection } from '../support/raw-connection'
import { talk, withListener } from '../support/with-listener'

function bytes(text: string): Reply {
  return { status: 200, headers: [['X-Test', 'yes']], body: { kind: 'bytes', bytes: Buffer.from(text) } }
}

function collect(exchange: Exchange): Promise<{ text: string, whole: boolean }> {
  return new Promise((resolve) => {
    let text = ''
    exchange.body.start({
      data: (chunk) => { text += chunk.toString('latin1') },
      end: () => { resolve({ text, whole: true }) },
      lost: () => { resolve({ text, whole: false }) },
    })
  })
}

t.test('hands over the raw head and answers with what it is given', async (t) => {
  const { port } = await withListener(t, (exchange) => { void exchange.reply(bytes(exchange.head.target)) })
  const answer = await talk(port, 'GET /a//b/../%2f?x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
  t.match(answer, /^HTTP\/1\.1 200 OK\r\nX-Test: yes\r\nContent-Length: 14\r\n/)
  t.ok(answer.endsWith('\r\n\r\n/a//b/../%2f?x'), answer)
})

t.test('serves requests that were sent at once one after the other, each with its answer', async (t) => {
  const served: string[] = []
  const { port } = await withListener(t, (exchange) => {
    const { path } = exchange.head
    served.push(`${path} begins`)
    setTimeout(() => {
      served.push(`${path} ends`)
      void exchange.reply(bytes(`[${path}]`))
    }, path === '/1' ? 20 : 0)
  })
  const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n${path === '/3' ? 'Connection: close\r\n' : ''}\r\n`
  const answer = await talk(port, request('/1') + request('/2') + request('/3'))
  t.same(answer.match(/\[.*?\]/g), ['[/1]', '[/2]', '[/3]'])
  t.same(served, ['/1 begins', '/1 ends', '/2 begins', '/2 ends', '/3 begins', '/3 ends'])
})

t.test('reads no further behind many requests that wait, and goes on when they are answered', async (t) => {
  const connections = new Connections()
  const socket = new Socket()
  const owed = Array.from({ length: limits.pipelinedRequestsMax + 10 }, () => {
    const response = new ServerResponse(new IncomingMessage(socket))
    connections.owe(socket, response)
    return response
  })
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(socket.isPaused(), true)
  for (const response of owed.slice(0, 9)) response.emit('close')
  t.equal(socket.isPaused(), true, 'still too many')
  owed[9]?.emit('close')
  t.equal(socket.isPaused(), false)
  const { port } = await withListener(t, (exchange) => { setImmediate(() => { void exchange.reply(bytes(`[${exchange.head.path}]`)) }) })
  const count = 500
  const fields = `Host: h\r\nx: ${'y'.repeat(1000)}\r\n`
  const requests = Array.from({ length: count }, (_, index) =>
    `GET /${String(index)} HTTP/1.1\r\n${fields}${index === count - 1 ? 'Connection: close\r\n' : ''}\r\n`)
  const answers = [...(await talk(port, requests.join(''))).matchAll(/\[\/(\d+)\]/g)].map((match) => Number(match[1]))
  t.same(answers, Array.from({ length: count }, (_, index) => index), 'each is answered, in order')
})

t.test('begins no request whose client went away before its turn', async (t) => {
  const served: string[] = []
  let first: ((exchange: Exchange) => void) | undefined
  const begun = new Promise<Exchange>((resolve) => { first = resolve })
  const { port } = await withListener(t, (exchange) => {
    served.push(exchange.head.path)
    first?.(exchange)
  })
  const socket = net.connect(port, '127.0.0.1')
  socket.write('GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx')
  const exchange = await begun
  socket.destroy()
  while (!exchange.gone()) await new Promise((resolve) => { setImmediate(resolve) })
  await new Promise((resolve) => { setImmediate(resolve) })
  t.same(served, ['/1'])
  t.equal((await exchange.reply(bytes('late'))).whole, false)
})

t.test('HEAD and 304 have no body, whatever the reply holds', async (t) => {
  const { port } = await withListener(t, (exchange) => {
    void exchange.reply(exchange.head.path === '/304' ? { status: 304, headers: [], body: noBody } : bytes('body'))
  })
  const head = await talk(port, 'HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
  t.match(head, /Content-Length: 4\r\n/)
  t.ok(head.endsWith('\r\n\r\n'))
  const unmodified = await talk(port, 'GET /304 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
  t.notMatch(unmodified, /content-length/i)
})

t.test('100 Continue is sent only when the body is asked for', async (t) => {
  const { port } = await withListener(t, (exchange) => {
    if (exchange.head.path === '/no') void exchange.reply({ status: 403, headers: [], body: noBody })
    else void collect(exchange).then(({ text }) => exchange.reply(bytes(text)))
  })
  const head = 'Host: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n'
  t.match(await talk(port, `PUT /yes HTTP/1.1\r\n${head}hello`), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*hello$/)
  t.match(await talk(port, `PUT /no HTTP/1.1\r\n${head}`, '\r\n\r\n'), /^HTTP\/1\.1 403 Forbidden/)
  t.match(await talk(port, 'PUT / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n'), /^HTTP\/1\.1 417 /)
})

t.test('a body that is cut short is lost, never ended', async (t) => {
  const results: Promise<{ whole: boolean }>[] = []
  const { port } = await withListener(t, (exchange) => {
    results.push(collect(exchange))
  })
  const requests = [
    'PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc',
    'PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    'PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n',
  ]
  for (const [i, request] of requests.entries()) {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(request)
    while (results.length <= i) await new Promise((resolve) => setTimeout(resolve, 5))
    socket.destroy()
  }
  t.equal(results.length, 3)
  for (const result of results) t.equal((await result).whole, false)
})

t.test('an unread small body keeps the connection, a large one ends it after the answer', async (t) => {
  const { port } = await withListener(t, (exchange) => { void exchange.reply(bytes('no')) })
  const small = 'PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbodyGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
  t.equal((await talk(port, small)).match(/200 OK/g)?.length, 2)
  const length = limits.drainedBodyBytesMax + 1
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n'
  const large = await talk(port, `PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${String(length)}\r\n\r\n${'x'.repeat(length)}${smuggled}`)
  t.equal(large.match(/200 OK/g)?.length, 1)
  t.match(large, /Connection: close/)
})

t.test('framing that is not HTTP gets one line and the connection ends', async (t) => {
  const { port } = await withListener(t, (exchange) => { void exchange.reply(bytes('ok')) })
  const cases: [string, RegExp][] = [
    ['PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc', /^HTTP\/1\.1 400 /],
    ['PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc', /^HTTP\/1\.1 400 /],
    ['GET / HTTP/1.1\r\nHost : h\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['get / HTTP/1.1\r\nHost: h\r\n\r\n', /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(limits.headBytesMax)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n', /^$/],
  ]
  for (const [request, expected] of cases) t.match(await talk(port, request), expected, JSON.stringify(request.slice(0, 60)))
})

t.test('an upgrade is not offered: the request is answered as it stands', async (t) => {
  const { port } = await withListener(t, (exchange) => { void exchange.reply(bytes(exchange.head.path)) })
  const asked = 'GET /1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
  t.match(await talk(port, asked), /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*\/1$/)
})

t.test('what is no HTTP behind a whole request leaves its answer alone', async (t) => {
  const { port } = await withListener(t, (exchange) => {
    void collect(exchange).then(({ text, whole }) => setImmediate(() => { void exchange.reply(bytes(`${text} ${String(whole)}`)) }))
  })
  const answer = await talk(port, 'PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\0\0\0')
  t.match(answer, /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*\r\nabc true$/)
})

t.test('a handshake that is never finished ends the connection, and holds no drain', async (t) => {
  // What is mocked is the module itself, with one bound that is shorter.
  const hasty = { '../../lib/limits': { limits: { ...limits, headersTimeoutMs: 50 } } }
  const { listen: impatient } = t.mockRequire('../../lib/http/listener', hasty) as { listen: typeof listen }
  const certificate = selfSigned()
  const tls = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) }
  const listener = await impatient({ host: '127.0.0.1', port: 0, tls }, (exchange) => { void exchange.reply(bytes('over TLS')) })
  const first = ['', Buffer.from('16030100c8010000c40303', 'hex')]
  t.same(await Promise.all(first.map((sent) => talk(listener.port, sent))), ['', ''], 'ended without a word')
  await listener.drain(60_000)
})

t.test('a plain request to an endpoint of https is told so, and what is no HTTP nothing', async (t) => {
  const certificate = selfSigned()
  const tls = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) }
  const listener = await listen({ host: '127.0.0.1', port: 0, tls }, (exchange) => { void exchange.reply(bytes('over TLS')) })
  for (const method of ['GET', 'HEAD', 'PUT', 'POST']) {
    const answer = await talk(listener.port, `${method} /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc`)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    t.match(head, /^HTTP\/1\.1 400 Bad Request\r\n/, method)
    t.match(head, /\r\nContent-Type: text\/plain(\r\n|$)/)
    t.match(head, /\r\nConnection: close(\r\n|$)/)
    t.match(head, `\r\nContent-Length: ${String(body.length)}\r\n`)
    t.match(body, /plain HTTP request .* HTTPS port/)
  }
  for (const garbage of ['\0\0\0 HTTP/1.1\r\n\r\n', 'GETTING / HTTP', 'x'.repeat(100)]) {
    t.equal(await talk(listener.port, garbage), '', JSON.stringify(garbage))
  }
  await listener.drain(60_000)
})

t.test('a reply that is ready while its 100 Continue is on its way goes out behind it', async (t) => {
  const certificate = selfSigned()
  const tls = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) }
  for (const size of [0, 5, limits.unsentSliceBytes + 1]) {
    const answer = Buffer.alloc(size, 'a')
    const listener = await listen({ host: '127.0.0.1', port: 0, tls }, (exchange) => {
      const end = (): void => { void exchange.reply({ status: 400, headers: [], body: { kind: 'bytes', bytes: answer } }) }
      exchange.body.start({ data: () => undefined, end, lost: end })
    })
    const connection = await RawConnection.open(listener.port, true)
    // One that does not wait to be told has its body there by then.
    await connection.write('PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello')
    t.match(await connection.answer(), { status: 400, body: answer.toString() })
    t.same(connection.interim, [100])
    connection.close()
    await listener.drain(0)
  }
})

t.test('draining ends idle connections at once and lets a reply finish', async (t) => {
  let release: (() => void) | undefined
  const listener = await listen({ host: '127.0.0.1', port: 0 }, (exchange) => {
    release = () => { void exchange.reply(bytes('late')) }
  })
  const idle = net.connect(listener.port, '127.0.0.1')
  const idleClosed = new Promise((resolve) => idle.on('close', resolve).resume())
  const busy = talk(listener.port, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  const drained = listener.drain(10_000)
  await idleClosed
  release()
  t.match(await busy, /late$/)
  await drained
})

t.test('takes a request of several TLS records close upon a long reply that was written from an immediate', async (t) => {
  const child = spawn(process.execPath, ['--import', 'tsx', `${__dirname}/../support/immediate-child.ts`], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const port = await new Promise<number>((resolve) => { child.stdout.once('data', (line: Buffer) => { resolve(Number(line.toString())) }) })
  const connection = await RawConnection.open(port, true)
  const put = Buffer.concat([Buffer.from('PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n'), Buffer.alloc(20_000)])
  for (let round = 0; round < 3; round++) {
    await connection.head('GET', '/')
    t.equal((await connection.answer())?.body.length, 20_000)
    await connection.write(put)
    t.equal((await connection.answer())?.status, 200)
  }
  connection.socket.destroy()
})
