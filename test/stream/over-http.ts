import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import type { PayloadProof } from '../../lib/auth/grant'
import { listen, type Listener } from '../../lib/http/listener'
import { openBody, type Verdict } from '../../lib/stream/body'
import { BodyLost } from '../../lib/stream/body-lost'
import { planBody } from '../../lib/stream/plan'
import { encodeAwsChunked, testSeed } from '../support/aws-chunked'

/** Real sockets under the stages: what node makes of a body that breaks off is the very thing that must not pass. */
const content = Buffer.alloc(100_000, 'content ')
const proof: PayloadProof = { kind: 'chunks', chain: testSeed, trailer: false }
const outcomes: Array<Promise<Verdict>> = []
const sockets: Socket[] = []
let listener: Listener
let arrived: () => void = () => undefined

t.before(async () => {
  listener = await listen({ host: '127.0.0.1', port: 0 }, (exchange) => {
    const payload: PayloadProof = exchange.head.has('x-amz-content-sha256') ? proof : { kind: 'unsigned' }
    const body = openBody(planBody(exchange.head, payload, { kind: 'stream' }), exchange.body)
    const outcome = body.into({ write: () => undefined })
    outcome.then((verdict) => exchange.reply({ status: 200, headers: [['x-size', String(verdict.size)]], body: { kind: 'none' } }),
      () => undefined)
    outcomes.push(outcome)
    arrived()
  })
})
t.teardown(async () => {
  for (const socket of sockets) socket.destroy()
  await listener.drain(0)
})

/** Sends a PUT and all of `parts`, one write each, then does `last`; resolves with the body's outcome. */
async function put(fields: readonly string[], parts: readonly Buffer[], last: (socket: Socket) => void): Promise<PromiseSettledResult<Verdict>> {
  const socket = connect(listener.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  socket.resume()
  const here = new Promise<void>((resolve) => { arrived = resolve })
  socket.write(['PUT /b/k HTTP/1.1', 'Host: h', ...fields, '', ''].join('\r\n'))
  await here
  for (const part of parts) await new Promise((resolve) => { socket.write(part, resolve) })
  last(socket)
  const [settled] = await Promise.allSettled(outcomes.splice(0))
  if (settled === undefined) throw new Error('no request has arrived')
  return settled
}

const stay = (): void => undefined
const streaming = 'x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
const httpChunk = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])

t.test('plain, HTTP-chunked, aws-chunked, and both at once', async (t) => {
  const wire = encodeAwsChunked([content.subarray(0, 70_000), content.subarray(70_000)], { seed: testSeed })
  const zero = Buffer.from('0\r\n\r\n')
  const chunked = 'Transfer-Encoding: chunked'
  const good = { status: 'fulfilled', value: { size: content.length, md5: createHash('md5').update(content).digest() } }
  t.match(await put([`Content-Length: ${content.length}`], [content], stay), good)
  t.match(await put([chunked], [httpChunk(content.subarray(0, 5)), httpChunk(content.subarray(5)), zero], stay), good)
  t.match(await put([streaming, `Content-Length: ${wire.length}`], [wire.subarray(0, 33), wire.subarray(33)], stay), good)
  t.match(await put([streaming, chunked], [httpChunk(wire.subarray(0, 50)), httpChunk(wire.subarray(50)), zero], stay), good)
})

t.test('100 Continue is sent when the body is wanted', async (t) => {
  const seen: Buffer[] = []
  const socket = connect(listener.port, '127.0.0.1')
  sockets.push(socket)
  socket.write('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
  const answer = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => {
      seen.push(chunk)
      const text = Buffer.concat(seen).toString()
      if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('hi')
      else if (text.includes('x-size: 2')) resolve(text)
    })
  })
  t.match(await answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  outcomes.length = 0
})

t.test('IN-01: a body that breaks off is lost, however it breaks off', async (t) => {
  const whole = `Content-Length: ${content.length}`
  const part = content.subarray(0, 60_000)
  const lost = { status: 'rejected', reason: BodyLost }
  t.match(await put([whole], [part], (socket) => socket.end()), lost, 'FIN')
  t.match(await put([whole], [part], (socket) => socket.resetAndDestroy()), lost, 'RST')
  t.match(await put(['Transfer-Encoding: chunked'], [httpChunk(part)], (socket) => socket.end()), lost, 'no last chunk')
  t.match(await put(['Transfer-Encoding: chunked'], [httpChunk(part), Buffer.from('zz\r\n')], stay), lost, 'a bad chunk')
  t.match(await put([streaming, 'Transfer-Encoding: chunked'], [httpChunk(encodeAwsChunked([part], { seed: testSeed }))],
    (socket) => socket.end()), lost, 'all of the inner framing, not of the outer')
})

t.test('ST-02: the inner framing must end too', async (t) => {
  const wire = encodeAwsChunked([content], { seed: testSeed })
  const short = wire.subarray(0, wire.lastIndexOf('0;chunk-signature'))
  t.match(await put([streaming, `Content-Length: ${short.length}`], [short], stay), { status: 'rejected', reason: { code: 'IncompleteBody' } })
})
