import t, { type Test } from 'tap'
import { grpc } from '../../../lib/pfs/transports/grpc'
import { inProcess } from '../../../lib/pfs/transports/in-process'
import { limits } from '../../../lib/limits'
import { RpcError, type Outlet, type RpcTable, type Transport } from '../../../lib/pfs/transport'
import { RpcFailure } from '../../../lib/pfsd/failure'
import { serve } from '../../../lib/pfsd/serve'
import type { BytesValue } from '../../../lib/wire/messages'
import { collectMessages, settle } from '../../support/collect'

/* What both transports promise, shown on a table of small handlers. */

/** As a handler does that reads only what its caller wants: no message is ahead of him. */
async function sendWanted(length: number, out: Outlet<BytesValue>, log: Log): Promise<void> {
  for (let i = 0; i < length && !out.cancelled; i++) {
    log.sent++
    void out.send({ value: Buffer.alloc(64 * 1024, i) })
    const wait = out.wanted()
    if (wait !== undefined) await wait
  }
  log.stopped = true
}

interface Log { taken: unknown[], aborted: number, ended: number, sent: number, stopped: boolean }

function tableFor(log: Log): RpcTable {
  return {
    '/pfs_v2.API/InspectBranch': (request, context) => {
      if (request.branch?.name === 'gone') throw new RpcFailure(5, 'branch "gone" not found in repo default/r')
      if (request.branch?.name === 'bug') throw new Error('oops')
      if (request.branch?.name === 'slow') return new Promise((resolve) => setTimeout(() => resolve({}), 2_000).unref())
      return { branch: request.branch ?? {}, head: { id: context.metadata['who'] ?? 'nobody' } }
    },
    '/pfs_v2.API/GetFile': async (request, out) => {
      if (request.offset === 2) return await sendWanted(request.length ?? 0, out, log)
      for (let i = 0; i < (request.length ?? 0); i++) {
        if (out.cancelled) { log.stopped = true; return }
        log.sent++
        const wait = out.send({ value: Buffer.alloc(64 * 1024, i) })
        if (wait !== undefined) await wait
      }
      log.stopped = true
      if (request.offset === 1) throw new RpcFailure(2, 'a fault behind the last byte')
    },
    '/pfs_v2.API/ModifyFile': (context) => ({
      message: async (message) => {
        await settle()
        if (message.set_commit === undefined && message.add_file === undefined) throw new RpcFailure(2, 'unrecognized message type')
        log.taken.push(message)
      },
      end: () => {
        log.ended++
        context.answer('pfs-commit-id', 'c1')
        return Promise.resolve({})
      },
      abort: () => { log.aborted++ },
    }),
  }
}

async function on(kind: 'in-process' | 'grpc', t: Test): Promise<{ transport: Transport, log: Log }> {
  const log: Log = { taken: [], aborted: 0, ended: 0, sent: 0, stopped: false }
  if (kind === 'in-process') return { transport: inProcess(tableFor(log)), log }
  const server = await serve(tableFor(log), '127.0.0.1:0')
  const transport = grpc(`grpc://127.0.0.1:${server.port}`)
  t.teardown(async () => {
    transport.close()
    await server.close()
  })
  return { transport, log }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

for (const kind of ['in-process', 'grpc'] as const) {
  t.test(`${kind}: unary`, async (t) => {
    const { transport } = await on(kind, t)
    const answer = await transport.unary('/pfs_v2.API/InspectBranch', { branch: { name: 'b' } }, { metadata: { who: 'me' } })
    t.strictSame(answer, { branch: { name: 'b' }, head: { id: 'me' } })
    const gone = transport.unary('/pfs_v2.API/InspectBranch', { branch: { name: 'gone' } })
    await t.rejects(gone, { name: 'RpcError', code: 5, details: 'branch "gone" not found in repo default/r' })
    await t.rejects(transport.unary('/pfs_v2.API/InspectBranch', { branch: { name: 'bug' } }), { name: 'RpcError', code: 2 })
    await t.rejects(transport.unary('/pfs_v2.API/InspectBranch', { branch: { name: 'slow' } }, { idleMsMax: 30 }), { name: 'RpcError', code: 4 })
    await t.rejects(transport.unary('/pfs_v2.API/CreateRepo', {}), { name: 'RpcError', code: 12 })
  })

  t.test(`${kind}: a server stream brings all messages, then its end or its failure`, async (t) => {
    const { transport } = await on(kind, t)
    const messages = await collectMessages(transport.serverStream('/pfs_v2.API/GetFile', { length: 20 }))
    t.same(messages.map((message) => message.value?.[0]), Array.from({ length: 20 }, (_, i) => i))
    let seen = 0
    const error = await new Promise<RpcError>((resolve, reject) => {
      transport.serverStream('/pfs_v2.API/GetFile', { length: 3, offset: 1 }).start({
        data: () => { seen++; return true }, end: () => reject(new Error('ended')), fail: resolve })
    })
    t.match(error, { code: 2, details: 'a fault behind the last byte' })
    t.ok(seen <= 3)
    await t.rejects(collectMessages(transport.serverStream('/pfs_v2.API/ListRepo', {})), { code: 12 })
  })

  t.test(`${kind}: no receiver is called from within start`, async (t) => {
    const { transport } = await on(kind, t)
    let started = false
    await new Promise<void>((resolve, reject) => {
      transport.serverStream('/pfs_v2.API/GetFile', { length: 1 }).start({
        data: () => { t.ok(started); return true }, end: resolve, fail: reject })
      started = true
    })
  })

  t.test(`${kind}: a consumer that pauses stops the handler; resuming brings the rest`, async (t) => {
    const { transport, log } = await on(kind, t)
    const source = transport.serverStream('/pfs_v2.API/GetFile', { length: 400 })
    let seen = 0
    let paused = true
    const done = new Promise<void>((resolve, reject) => {
      source.start({ data: () => { seen++; return !paused }, end: resolve, fail: reject })
    })
    await until(() => seen > 0)
    let before = -1
    while (before !== log.sent) {
      before = log.sent
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    t.ok(log.sent < 200, `${log.sent} of 400 messages sent to a consumer that took ${seen}`)
    paused = false
    source.resume()
    await done
    t.equal(seen, 400)
  })

  t.test(`${kind}: a handler that sends what is wanted is not ahead of a caller who pauses, and ends with him`, async (t) => {
    const { transport, log } = await on(kind, t)
    const source = transport.serverStream('/pfs_v2.API/GetFile', { length: 100, offset: 2 })
    let seen = 0
    let ahead = 0
    const done = new Promise<void>((resolve, reject) => {
      source.start({
        data: () => {
          ahead = Math.max(ahead, log.sent - ++seen)
          setImmediate(() => { source.resume() })
          return false
        },
        end: resolve,
        fail: reject,
      })
    })
    await done
    t.equal(seen, 100)
    if (kind === 'in-process') t.equal(ahead, 0)
    log.stopped = false
    const given = transport.serverStream('/pfs_v2.API/GetFile', { length: 100_000, offset: 2 })
    given.start({ data: () => { setImmediate(() => { given.cancel() }); return false }, end: () => t.fail(), fail: () => t.fail() })
    await until(() => log.stopped)
    t.ok(log.sent < 1000)
  })

  t.test(`${kind}: cancelling stops the handler and silences the source`, async (t) => {
    const { transport, log } = await on(kind, t)
    const source = transport.serverStream('/pfs_v2.API/GetFile', { length: 100_000 })
    let seen = 0
    let after = 0
    await new Promise<void>((resolve) => {
      let cancelled = false
      source.start({
        data: () => {
          if (cancelled) after++
          if (++seen === 3) { cancelled = true; source.cancel(); source.cancel(); resolve() }
          return true
        },
        end: () => { after++ }, fail: () => { after++ },
      })
    })
    await until(() => log.stopped)
    await settle()
    t.equal(after, 0)
    t.ok(log.sent < 100_000)
  })

  t.test(`${kind}: a client stream arrives whole, with the answer's metadata`, async (t) => {
    const { transport, log } = await on(kind, t)
    const stream = transport.clientStream('/pfs_v2.API/ModifyFile')
    const sent = [
      { set_commit: { branch: { name: 'b' } }, expected_head: 'x' },
      { add_file: { path: '/a', raw: { value: Buffer.from('one') }, attributes: { entries: { a: 'b' } } } },
      { add_file: { path: '/b', raw: {} } },
    ]
    for (const message of sent) await stream.send(message)
    const { response, metadata } = await stream.end()
    t.strictSame(response, {})
    t.equal(metadata['pfs-commit-id'], 'c1')
    t.strictSame(log.taken, sent)
    t.equal(log.ended, 1)
    t.equal(log.aborted, 0)
  })

  t.test(`${kind}: at most two messages wait`, async (t) => {
    const { transport } = await on(kind, t)
    const stream = transport.clientStream('/pfs_v2.API/ModifyFile')
    t.equal(stream.send({ set_commit: {} }), undefined)
    const wait = stream.send({ set_commit: {} })
    t.ok(wait instanceof Promise)
    await wait
    await stream.end()
  })

  t.test(`${kind}: a refused message fails the call, wherever its caller looks`, async (t) => {
    const { transport, log } = await on(kind, t)
    const stream = transport.clientStream('/pfs_v2.API/ModifyFile')
    await stream.send({ delete_file: { path: '/x' } })
    await t.rejects(stream.end(), { name: 'RpcError', code: 2, details: 'unrecognized message type' })
    await t.rejects(async () => stream.send({ set_commit: {} }), { name: 'RpcError' })
    await stream.abort()
    t.equal(log.ended, 0)
    t.equal(log.aborted, 1)
  })

  t.test(`${kind}: an aborted client stream never ends on the server`, async (t) => {
    const { transport, log } = await on(kind, t)
    const stream = transport.clientStream('/pfs_v2.API/ModifyFile')
    void stream.send({ set_commit: {} })
    void stream.send({ add_file: { path: '/a', raw: { value: Buffer.alloc(1 << 20) } } })
    await stream.abort()
    await settle()
    t.equal(log.ended, 0)
    t.equal(log.aborted, 1)
    await t.rejects(stream.end(), { name: 'RpcError' })
    await stream.abort()
  })
}

t.test('in-process: many consumers that pause do not cost a credit each, and go on when they resume', async (t) => {
  const { transport, log } = await on('in-process', t)
  const message = 64 * 1024
  const stalled = 1000
  const readers = Array.from({ length: stalled }, () => {
    const source = transport.serverStream('/pfs_v2.API/GetFile', { length: 40 })
    const reader = { source, seen: 0, paused: true, ended: false }
    source.start({ data: () => { reader.seen++; return !reader.paused }, end: () => { reader.ended = true }, fail: () => undefined })
    return reader
  })
  let before = -1
  while (before !== log.sent) {
    before = log.sent
    await settle()
  }
  // Each has taken one; of the others that were made, those within the common bound and what was on its way.
  t.ok((log.sent - stalled) * message <= 1.25 * limits.readAheadBytes, `${String(log.sent)} messages made for ${String(stalled)} that took one each`)
  for (const reader of readers.slice(0, stalled / 2)) reader.source.cancel()
  for (const reader of readers.slice(stalled / 2)) {
    reader.paused = false
    reader.source.resume()
  }
  await until(() => readers.slice(stalled / 2).every(({ ended }) => ended))
  t.ok(readers.slice(stalled / 2).every(({ seen }) => seen === 40))
  log.sent = 0
  const last = transport.serverStream('/pfs_v2.API/GetFile', { length: 40 })
  last.start({ data: () => false, end: () => undefined, fail: () => undefined })
  await until(() => log.sent > limits.streamCreditBytes / message)
  last.cancel()
})
