import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { connectionOf, sendQueues } from '../../lib/http/send-queues'

t.test('what a client has not taken is told of its connection, where the system tells', async (t) => {
  if (process.platform !== 'linux') {
    t.equal((await sendQueues()).size, 0)
    return
  }
  for (const host of ['127.0.0.1', '::1']) {
    const server = net.createServer().listen(0, host)
    const listens = await once(server, 'listening').then(() => true, () => false)
    // A machine may have no IPv6; without the other nothing would be tested.
    if (!listens && host === '::1') continue
    t.ok(listens, host)
    // A server that listens on TCP has an AddressInfo.
    const { port } = server.address() as net.AddressInfo
    const client = net.connect(port, host)
    client.pause()
    // That is what a server says of a connection.
    const [socket] = await once(server, 'connection') as [net.Socket]
    t.teardown(() => { client.destroy(); socket.destroy(); server.close() })
    const connection = connectionOf(socket) ?? 0
    t.equal((await sendQueues()).get(connection), 0, host)
    const written = new Promise((resolve) => { socket.write(Buffer.alloc(64 * 1024 * 1024), resolve) })
    while (!((await sendQueues()).get(connection) ?? 0)) await new Promise((resolve) => setTimeout(resolve, 10))
    client.resume()
    await written
    while ((await sendQueues()).get(connection) !== 0) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.equal(connectionOf(new net.Socket()), undefined)
})
