import t from 'tap'
import type { ByteSource } from '../../lib/kit/byte-source'
import type { Stat } from '../../lib/pfs/contract'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { openRead } from '../../lib/pfs/read'
import type { RpcTable } from '../../lib/pfs/transport'
import { collectBytes, settle } from '../support/collect'
import { rpcFailure } from '../support/map-server'

const file: Stat = {
  key: 'a', size: 1000, version: 'v', modified: new Date(0),
  snapshot: { bucket: 'b', project: 'default', repo: 'r', commit: 'c', asked: undefined },
}

type GetFile = NonNullable<RpcTable['/pfs_v2.API/GetFile']>

function open(handler: GetFile, readLength: boolean, offset = 0, length = 1000): ByteSource {
  return openRead({ transport: inProcess({ '/pfs_v2.API/GetFile': handler }), paths: 's3', readLength }, file, offset, length)
}

/** A server that sends `bytes` in pieces of 100, whatever it is asked. */
function sending(bytes: number, log: { sent: number } = { sent: 0 }): GetFile {
  return async (_request, out) => {
    for (let at = 0; at < bytes && !out.cancelled; at += 100) {
      log.sent += 100
      await out.send({ value: Buffer.alloc(Math.min(100, bytes - at)) })
      await settle()
    }
  }
}

t.test('an answer that is too short fails the source', async (t) => {
  for (const readLength of [true, false]) {
    await t.rejects(collectBytes(open(sending(950), readLength)), { name: 'PfsError', kind: 'internal' })
    await t.rejects(collectBytes(open(sending(0), readLength)), { name: 'PfsError', kind: 'internal' })
  }
})

t.test('an answer that is longer than was asked for fails the source', async (t) => {
  await t.rejects(collectBytes(open(sending(1100), true)), { name: 'PfsError', kind: 'internal' })
})

t.test('a server that takes no length is stopped when the last byte is out', async (t) => {
  const log = { sent: 0 }
  t.equal((await collectBytes(open(sending(100_000, log), false, 0, 250))).length, 250)
  for (let i = 0; i < 5; i++) await settle()
  t.ok(log.sent <= 400, `${log.sent} bytes sent`)
})

t.test('what is asked for', async (t) => {
  const requests: unknown[] = []
  const asking: GetFile = (request, out) => {
    requests.push(request)
    void out.send({ value: Buffer.alloc(request.length ?? 990) })
  }
  await collectBytes(open(asking, true, 10, 20))
  await collectBytes(open(asking, false, 10, 20))
  const common = {
    file: { commit: { repo: { name: 'r', type: 'user', project: { name: 'default' } }, id: 'c' }, path: '**' },
    path_range: { lower: '/a', upper: '/a\0' }, offset: 10,
  }
  t.strictSame(requests, [{ ...common, length: 20 }, common])
})

t.test('a failure of the server is the source\'s', async (t) => {
  const failing: GetFile = async (_request, out) => {
    await out.send({ value: Buffer.alloc(10) })
    throw rpcFailure(14, 'gone')
  }
  await t.rejects(collectBytes(open(failing, true)), { name: 'PfsError', kind: 'unavailable' })
})

t.test('cancelling lets the server go and says nothing more', async (t) => {
  const log = { sent: 0 }
  for (const readLength of [true, false]) {
    const source = open(sending(1000, log), readLength)
    let calls = 0
    source.start({
      data: () => { calls++; source.cancel(); return true },
      end: () => { calls += 100 },
      fail: () => { calls += 100 },
    })
    for (let i = 0; i < 5; i++) await settle()
    t.equal(calls, 1)
    source.cancel()
    source.resume()
  }
  t.ok(log.sent <= 400)
  const never = open(sending(1000), true, 0, 0)
  never.start({ data: () => true, end: () => t.fail('ended'), fail: () => t.fail('failed') })
  never.cancel()
  await settle()
})
