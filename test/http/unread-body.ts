import t from 'tap'
import { listen } from '../../lib/http/listener'
import { noBody } from '../../lib/kit/reply'
import { ask, RawConnection } from '../support/raw-connection'

t.test('whatever ends a connection, it does so behind the body', async (t) => {
  const listener = await listen({ host: '127.0.0.1', port: 0 }, (exchange) => { void exchange.reply({ status: 403, headers: [], body: noBody }) })
  t.teardown(() => listener.drain(0))
  const heads = [
    'HTTP/1.1\r\nHost: h\r\nConnection: close', 'HTTP/1.0\r\nHost: h', 'HTTP/1.1\r\nHost: h\r\nExpect: 100-continue',
    'HTTP/1.1\r\nHost: h\r\nExpect: 200-ok',
  ]
  for (const head of heads) {
    const connection = await RawConnection.open(listener.port)
    await connection.write(`PUT / ${head}\r\nContent-Length: 4\r\n\r\nbo`)
    const answer = await connection.answer()
    t.equal(answer?.field('connection'), 'close', head)
    // Had the server ended the connection with its answer, that were seen by the time it has answered another.
    await ask(listener.port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
    t.notOk(connection.socket.readableEnded || connection.socket.destroyed, head)
    await connection.write('dy')
    t.equal(await connection.closed(), '', head)
  }
})
