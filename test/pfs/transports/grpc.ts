import { createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { deferred } from '../../../lib/kit/deferred'
import { grpc } from '../../../lib/pfs/transports/grpc'
import { serve } from '../../../lib/pfsd/serve'
import { collectMessages } from '../../support/collect'
import { eventually } from '../../support/process-census'

t.test('refuses what is no address', async (t) => {
  for (const address of ['', 'localhost:1', 'http://a:1', 'unix:', 'grpc://', 'grpc://a/b']) t.throws(() => grpc(address), address)
})

t.test('nobody there: UNAVAILABLE', async (t) => {
  const transport = grpc('unix:/nowhere/at/all.sock')
  t.teardown(() => transport.close())
  await t.rejects(transport.unary('/pfs_extension.API/Capabilities', {}), { name: 'RpcError', code: 14 })
})

t.test('what listens on loopback is reached past a proxy of the environment', async (t) => {
  t.intercept(process, 'env', { value: { ...process.env, http_proxy: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9', no_proxy: '' } })
  const server = await serve({ '/pfs_extension.API/Capabilities': () => ({}) }, '127.0.0.1:0')
  const transport = grpc(`grpc://127.0.0.1:${server.port}`)
  t.teardown(async () => {
    transport.close()
    await server.close()
  })
  t.same(await transport.unary('/pfs_extension.API/Capabilities', {}), {})
})

t.test('a peer that accepts and stays silent is given up, and the next connection is a new one', async (t) => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => { sockets.push(socket); socket.on('error', () => undefined) })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  // A TCP server has an address object.
  const { port } = silent.address() as AddressInfo
  const transport = grpc(`grpc://127.0.0.1:${port}`, { connectMsMax: 300 })
  t.teardown(() => { transport.close(); silent.close(); for (const socket of sockets) socket.destroy() })
  await t.rejects(transport.unary('/pfs_extension.API/Capabilities', {}, { idleMsMax: 3_000 }), { name: 'RpcError', code: 14 })
  const before = sockets.length
  await t.rejects(transport.unary('/pfs_extension.API/Capabilities', {}, { idleMsMax: 200 }), { name: 'RpcError' })
  t.ok(await eventually(() => sockets.length > before))
})

t.test('streams on which nothing moves end; a consumer that pauses is not counted', async (t) => {
  const never = deferred()
  let taken = 0
  const server = await serve({
    '/pfs_v2.API/GetFile': async (request, out) => {
      for (let i = 0; i < (request.length ?? 0); i++) await out.send({ value: Buffer.alloc(10) })
      if (request.offset === 1) await never.promise
    },
    '/pfs_v2.API/ModifyFile': () => ({ message: () => { taken++; return never.promise }, end: () => Promise.resolve({}), abort: () => undefined }),
  }, '127.0.0.1:0')
  const transport = grpc(`grpc://127.0.0.1:${server.port}`)
  t.teardown(async () => {
    never.resolve()
    transport.close()
    await server.close()
  })
  await t.rejects(collectMessages(transport.serverStream('/pfs_v2.API/GetFile', { length: 2, offset: 1 }, { idleMsMax: 50 })), { code: 4 })
  const source = transport.serverStream('/pfs_v2.API/GetFile', { length: 40 }, { idleMsMax: 400 })
  let seen = 0
  await new Promise<void>((resolve, reject) => {
    source.start({
      data: () => {
        if (++seen !== 5) return true
        setTimeout(() => source.resume(), 600)
        return false
      },
      end: resolve, fail: reject,
    })
  })
  t.equal(seen, 40)
  const stream = transport.clientStream('/pfs_v2.API/ModifyFile', { idleMsMax: 50 })
  void stream.send({ set_commit: {} })
  await t.rejects(stream.end(), { name: 'RpcError', code: 4 })
  t.equal(taken, 1)
})

t.test('calls are cut off as often as it takes, and disturb none that is under way', async (t) => {
  const sent: unknown[] = []
  const server = await serve({
    '/pfs_v2.API/ListCommit': (_request, out) => { void out.send({}); return new Promise(() => undefined) },
    '/pfs_v2.API/CreateFileSet': () => ({
      message: (message) => { sent.push(message) },
      end: () => Promise.resolve({ file_set_id: String(sent.length) }),
      abort: () => undefined,
    }),
  }, '127.0.0.1:0')
  const transport = grpc(`grpc://127.0.0.1:${server.port}`)
  t.teardown(async () => {
    transport.close()
    await server.close()
  })
  const upload = transport.clientStream('/pfs_v2.API/CreateFileSet')
  await upload.send({ delete_file: { path: '/a' } })
  const cut = (): Promise<void> => new Promise((resolve, reject) => {
    const source = transport.serverStream('/pfs_v2.API/ListCommit', {})
    source.start({ data: () => { source.cancel(); resolve(); return false }, end: resolve, fail: reject })
  })
  // A Node server ends a session after a thousand and a few.
  for (let i = 0; i < 1300; i += 20) await Promise.all(Array.from({ length: 20 }, cut))
  await upload.send({ delete_file: { path: '/b' } })
  t.match(await upload.end(), { response: { file_set_id: '2' } }, 'begun on the first connection, and ended there')
})
