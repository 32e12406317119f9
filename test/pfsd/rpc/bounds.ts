import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import { Budget } from '../../../lib/kit/budget'
import { grpc } from '../../../lib/pfs/transports/grpc'
import { inProcess } from '../../../lib/pfs/transports/in-process'
import type { Transport } from '../../../lib/pfs/transport'
import { pathRules } from '../../../lib/pfsd/model/paths'
import { CommitWaiters } from '../../../lib/pfsd/rpc/shared/commit-waiters'
import type { Instance } from '../../../lib/pfsd/rpc/shared/instance'
import { sendAll } from '../../../lib/pfsd/rpc/shared/send-all'
import { sendContent } from '../../../lib/pfsd/rpc/shared/send-content'
import { sendNodes } from '../../../lib/pfsd/rpc/shared/send-nodes'
import type { Describer } from '../../../lib/pfsd/rpc/shared/file-info'
import type { Node } from '../../../lib/pfsd/model/directory'
import { rpcTable } from '../../../lib/pfsd/rpc/table'
import { serve } from '../../../lib/pfsd/serve'
import { openStore } from '../../../lib/pfsd/store/open-store'
import type { Store } from '../../../lib/pfsd/store/store'
import type { FileInfo } from '../../../lib/wire/messages'
import { RpcClient } from '../../support/rpc-client'
import { add, master, refusal, repo } from '../../support/test-pfsd'

async function instance(t: Test, changesBytesMax = 1 << 20): Promise<Instance> {
  const store = await openStore(t.testdir())
  t.teardown(() => store.close())
  await store.transact((tx) => tx.putProject({ id: tx.nextId(), name: 'default', description: '', created: 0 }))
  return {
    store, paths: pathRules('s3'), waiters: new CommitWaiters(), now: Date.now,
    held: new Budget(1 << 20), changes: new Budget(changesBytesMax),
  }
}

for (const kind of ['in-process', 'grpc'] as const) {
  t.test(`${kind}: nobody is kept who has waited long enough for an open commit`, async (t) => {
    const made = await instance(t)
    const service = rpcTable(made)
    let transport: Transport = inProcess(service)
    if (kind === 'grpc') {
      const served = await serve(service, '127.0.0.1:0')
      transport = grpc(`grpc://127.0.0.1:${served.port}`)
      t.teardown(async () => { transport.close(); await served.close() })
    }
    const client = new RpcClient(transport)
    await client.unary('/pfs_v2.API/CreateRepo', { repo })
    const open = await client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'master' } })
    const wait = (idleMsMax: number): Promise<unknown> => (
      transport.unary('/pfs_v2.API/InspectCommit', { commit: { repo, id: open.id ?? '' }, wait: 'FINISHED' }, { idleMsMax }))
    const patient = wait(60_000)
    const left = await Promise.all([1, 2, 3].map(() => refusal(wait(20))))
    t.same(left.map(({ code }) => code), [4, 4, 4])
    while (made.waiters.count > 1) await new Promise((resolve) => setImmediate(resolve))
    t.equal(made.waiters.count, 1)
    await client.unary('/pfs_v2.API/FinishCommit', { commit: { repo, id: open.id ?? '' } })
    t.match(await patient, { commit: { id: open.id } }, 'who stays is told')
    t.equal(made.waiters.count, 0)
  })
}

t.test('keys, attributes and pieces of open streams are bounded together', async (t) => {
  const made = await instance(t, 20_000)
  const client = new RpcClient(rpcTable(made))
  await client.unary('/pfs_v2.API/CreateRepo', { repo })
  const modify = (changes: Parameters<RpcClient['upload']>[1]): Promise<unknown> =>
    client.upload('/pfs_v2.API/ModifyFile', [{ set_commit: master }, ...changes])
  const many = Array.from({ length: 60 }, (_, i) => add(`/${i}`, 'x'))
  const tooMany = { code: 8, details: 'the changes of this stream, or of all open ones, take too much memory' }
  t.match(await refusal(modify(many)), tooMany, 'many keys')
  t.match(await refusal(modify([{ delete_file: { path: `/${'k'.repeat(10_000)}` } }])), tooMany, 'a long key')
  t.match(await refusal(modify(many.map(({ add_file: file }) => ({ delete_file: { path: `${file?.path ?? ''}/` } })))), tooMany, 'directories')
  t.match(await refusal(modify([add('/a', 'x', { attributes: { entries: { e: 'v'.repeat(20_000) } } })])), tooMany, 'attributes')
  t.match(await refusal(modify(many.map(() => add('/a', 'x').add_file ?? {}).flatMap((file) => [{ add_file: file }, { add_file: file }, { add_file: file }]))),
    tooMany, 'pieces')
  t.equal(made.changes.bytes, 0, 'what was refused holds nothing')
  t.equal(made.held.bytes, 0)
  const again = Array.from({ length: 500 }, () => [add('/a', 'x'), { delete_file: { path: '/a' } }]).flat()
  await modify([...again, add('/a', 'y'), { delete_file: { path: '/d/' } }])
  await client.upload('/pfs_v2.API/CreateFileSet', many.slice(0, 20))
  t.equal(made.changes.bytes, 0, 'nor what was written')
})

setFlagsFromString('--expose-gc')
// A new context finds the function that the flag has brought.
const collect = runInNewContext('gc') as () => void

function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

t.test('an answer of any length is sent in the same memory, however often its reader is waited for', async (t) => {
  const count = 200_000
  let most = 0
  let sent = 0
  const out = {
    cancelled: false,
    send(): Promise<void> {
      sent += 1
      if (sent % 40_000 === 0) most = Math.max(most, heapBytes() - before)
      return Promise.resolve()
    },
    wanted: () => Promise.resolve(),
  }
  const piece = Buffer.from('x')
  // As much of a store as sending asks of it.
  const store = { readBlobNow: () => piece } as unknown as Store
  const extents = Array.from({ length: count }, (_, offset) => ({ blob: 1, offset, length: 1 }))
  const entry = {
    op: 'set', size: count, hashKind: 0, hash: piece, created: 0, time: 0, content: { kind: 'extents', extents }, attributes: undefined,
  } as const
  const node: Node = { kind: 'directory', path: '/' }
  const info: FileInfo = {}
  // As above.
  const describer = { fileInfo: () => info } as unknown as Describer
  function* nodes(): Generator<Node> {
    for (let i = 0; i < count; i++) yield node
  }
  const before = heapBytes()
  await sendContent(store, entry, { from: 0, to: count }, out)
  await sendNodes({ nodes: nodes(), wanted: () => true }, describer, out)
  await sendAll(nodes(), () => info, out)
  t.equal(sent, 3 * count)
  t.ok(most < 10_000_000, `${most} bytes more at the most`)
})

t.test('a glob that takes many steps for each path leaves room for others between them', async (t) => {
  const client = new RpcClient(rpcTable(await instance(t)))
  await client.unary('/pfs_v2.API/CreateRepo', { repo })
  const paths = Array.from({ length: 40 }, (_, i) => `/${String(i).padStart(60, 'a')}`)
  await client.upload('/pfs_v2.API/ModifyFile', [{ set_commit: master }, ...paths.map((path) => add(path, ''))])
  let turns = 0
  let asking = true
  const turn = (): void => {
    turns += 1
    if (asking) setImmediate(turn)
  }
  setImmediate(turn)
  const found = await client.list('/pfs_v2.API/GlobFile', { commit: master, pattern: '/!(*!(*!(*!(*x))))' })
  asking = false
  t.equal(found.length, 0)
  t.ok(turns >= paths.length, `${turns} turns`)
  const refused = { code: 3, details: 'glob takes too long to match' }
  t.match(await refusal(client.list('/pfs_v2.API/GlobFile', { commit: master, pattern: `/${'!(*'.repeat(32)}x${')'.repeat(32)}` })), refused)
})
