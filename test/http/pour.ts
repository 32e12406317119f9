import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { IncomingMessage, ServerResponse } from 'node:http'
import net from 'node:net'
import { getDefaultHighWaterMark, setDefaultHighWaterMark } from 'node:stream'
import t from 'tap'
import type { ByteReceiver, ByteSource } from '../../lib/kit/byte-source'
import { UnsentReply, unsent } from '../../lib/http/unsent'
import { noBody } from '../../lib/kit/reply'
import { limits } from '../../lib/limits'
import { talk, withListener } from '../support/with-listener'

/** A source that brings its chunks one a turn and records what is asked of it. */
function scripted(chunks: readonly Buffer[], failure?: Error): ByteSource & { calls: string[] } {
  let receiver: ByteReceiver | undefined
  let next = 0
  const calls: string[] = []
  const flow = (): void => {
    setImmediate(() => {
      if (calls.includes('cancel') || receiver === undefined) return
      const chunk = chunks[next++]
      if (chunk === undefined) {
        calls.push('end')
        if (failure === undefined) receiver.end()
        else receiver.fail(failure)
      } else if (receiver.data(chunk)) flow()
      else calls.push('paused')
    })
  }
  return {
    calls,
    start(to) { receiver = to; flow() },
    resume() { calls.push('resume'); flow() },
    park() { calls.push('park') },
    cancel() { calls.push('cancel') },
  }
}

t.test('a source is poured whole, or the connection breaks', async (t) => {
  const deliveries: unknown[] = []
  const { port } = await withListener(t, (exchange) => {
    const chunks = [Buffer.from('abc'), Buffer.from('def')]
    const source = exchange.head.path === '/fails' ? scripted(chunks.slice(1), new Error('backend gone'))
      : exchange.head.path === '/short' ? scripted(chunks.slice(1)) : scripted(chunks)
    void exchange.reply({ status: 200, headers: [], body: { kind: 'source', length: exchange.head.path === '/long' ? 5 : 6, source } })
      .then((delivery) => deliveries.push([exchange.head.path, delivery.whole]))
  })
  const get = (path: string): Promise<string> => talk(port, `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`)
  t.match(await get('/whole'), /Content-Length: 6\r\n[^]*\r\n\r\nabcdef$/)
  for (const path of ['/fails', '/short', '/long']) t.notMatch(await get(path), /\r\n\r\nabcde/, path)
  t.same(deliveries, [['/whole', true], ['/fails', false], ['/short', false], ['/long', false]])
})

t.test('a source that fails before its first byte leaves room for another answer, and the connection as it is', async (t) => {
  const deliveries: unknown[] = []
  const { port } = await withListener(t, async (exchange) => {
    if (exchange.head.path === '/next') {
      void exchange.reply({ status: 200, headers: [['Connection', 'close']], body: noBody })
      return
    }
    const chunks = exchange.head.path === '/long' ? [Buffer.from('abcdefg')] : []
    const source = scripted(chunks, exchange.head.path === '/fails' ? new Error('backend gone') : undefined)
    const first = await exchange.reply({ status: 200, headers: [['X-First', 'yes']], body: { kind: 'source', length: 6, source } })
    const second = await exchange.reply({ status: 503, headers: [], body: { kind: 'bytes', bytes: Buffer.from('refused') } })
    deliveries.push([exchange.head.path, first.whole, first.bytesSent, first.begun, first.failure instanceof Error, second.whole])
  })
  const paths = ['/fails', '/short', '/long']
  const answer = await talk(port, [...paths, '/next'].map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`).join(''))
  t.equal(answer.match(/HTTP\/1\.1 503 [^]*?\r\n\r\nrefused/g)?.length, 3)
  t.match(answer, /refusedHTTP\/1\.1 200 OK\r\n/)
  t.notMatch(answer, 'X-First')
  t.same(deliveries, paths.map((path) => [path, false, 0, false, true, true]))
})

t.test('a source that was asked for silence with its last bytes is let come to its end', async (t) => {
  const source = scripted([Buffer.from('abc')])
  const body = { kind: 'source', length: 3, source } as const
  const { port } = await withListener(t, (exchange) => { void exchange.reply({ status: 200, headers: [], body }) })
  t.match(await talk(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'), /\r\n\r\nabc$/)
  while (!source.calls.includes('end')) await new Promise((resolve) => setImmediate(resolve))
  t.same(source.calls, ['paused', 'resume', 'end'])
})

t.test('a source gets its long chunks back once the socket is done with them, each once', async (t) => {
  const chunks = Array.from({ length: 200 }, (_, n) => Buffer.alloc(64 * 1024, n))
  const given: Buffer[] = []
  const source = { ...scripted([...chunks, Buffer.from('short')]), giveBack: (chunk: Buffer) => { given.push(chunk) } }
  const length = 200 * 64 * 1024 + 5
  const { port } = await withListener(t, (exchange) => { void exchange.reply({ status: 200, headers: [], body: { kind: 'source', length, source } }) })
  const answer = await talk(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
  t.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4).length, length)
  t.ok(given.length === 200 && given.every((chunk, n) => chunk === chunks[n]), 'each of them, once')

  const stuck: Buffer[] = []
  let delivered = 0
  const inner = scripted(chunks)
  const other: ByteSource = {
    ...inner,
    start: (to) => { inner.start({ data: (chunk) => { delivered++; return to.data(chunk) }, end: () => { to.end() }, fail: () => { to.end() } }) },
    giveBack: (chunk) => { stuck.push(chunk) },
  }
  let over: Promise<unknown> = Promise.resolve()
  const second = await withListener(t, (exchange) => {
    over = exchange.reply({ status: 200, headers: [], body: { kind: 'source', length, source: other } })
  })
  const socket = net.connect(second.port, '127.0.0.1')
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  let before = -1
  while (!inner.calls.includes('paused') || before !== delivered) {
    before = delivered
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const held = delivered - stuck.length
  socket.destroy()
  await over
  t.ok(held > 0, 'what the socket still holds does not come back while it does')
  t.ok(stuck.every((chunk, n) => chunk === chunks[n]) && stuck.length <= delivered)
})

t.test('a reader that does not read pauses the source, and cancels it by going away', async (t) => {
  const source = scripted(Array.from({ length: 1000 }, () => Buffer.alloc(64 * 1024)))
  let over: Promise<unknown> = Promise.resolve()
  const { port } = await withListener(t, (exchange) => {
    over = exchange.reply({ status: 200, headers: [], body: { kind: 'source', length: 64 * 1024 * 1000, source } })
  })
  const socket = net.connect(port, '127.0.0.1')
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  while (!source.calls.includes('paused')) await new Promise((resolve) => setTimeout(resolve, 10))
  socket.destroy()
  t.match(await over, { whole: false })
  t.ok(source.calls.includes('cancel'))
})

/** Holds all that replies may before they write in slices. */
class Full extends UnsentReply {
  override held = limits.unsentWholeBytesMax

  park(): void {}
}

t.test('nothing more is asked of a source until its last chunk is taken, whatever node calls enough', async (t) => {
  const before = getDefaultHighWaterMark(false)
  const full = new Full(new ServerResponse(new IncomingMessage(new net.Socket())))
  let response: ServerResponse | undefined
  // The message of this channel has the response of the request that began.
  const begun = (message: unknown): void => { ({ response } = message as { response: ServerResponse }) }
  subscribe('http.server.request.start', begun)
  setDefaultHighWaterMark(false, 1024 * 1024)
  unsent.wait(full)
  t.teardown(() => {
    unsubscribe('http.server.request.start', begun)
    setDefaultHighWaterMark(false, before)
    unsent.done(full)
  })
  const unsentBytes: (number | undefined)[] = []
  const inner = scripted(Array.from({ length: 20 }, () => Buffer.alloc(256 * 1024)))
  const source: ByteSource = {
    ...inner,
    start: (to) => {
      inner.start({
        data: (chunk) => {
          unsentBytes.push(response?.writableLength)
          return to.data(chunk)
        },
        end: () => { to.end() }, fail: (error) => { to.fail(error) },
      })
    },
  }
  const body = { kind: 'source', length: 20 * 256 * 1024, source } as const
  const { port } = await withListener(t, (exchange) => { void exchange.reply({ status: 200, headers: [], body }) })
  const answer = await talk(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
  t.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4).length, body.length)
  t.same(unsentBytes, Array.from({ length: 20 }, () => 0))
})

t.test('a field that HTTP cannot carry breaks the connection instead of leaving the client to wait', async (t) => {
  const deliveries: Promise<{ whole: boolean, failure: Error | undefined }>[] = []
  const source = scripted([Buffer.from('body')])
  const { port } = await withListener(t, (exchange) => {
    const headers = [['X-Test', 'a\r\nb']] as const
    const body = exchange.head.path === '/source' ? { kind: 'source', length: 4, source } as const : noBody
    deliveries.push(exchange.reply({ status: 200, headers, body }))
  })
  for (const path of ['/', '/source']) t.equal(await talk(port, `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`), '')
  for (const delivery of deliveries) t.match(await delivery, { whole: false, failure: { code: 'ERR_INVALID_CHAR' } })
  t.same(source.calls, ['cancel'])
})
