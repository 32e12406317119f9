import t from 'tap'
import { openBackend } from '../../lib/pfs/backend'
import { limits } from '../../lib/limits'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { connect } from '../../lib/pfs/pfs'
import { counting } from '../support/counting'
import { MapServer, rpcFailure } from '../support/map-server'
import { put } from '../support/pfs-rig'

t.test('a head that stays open ends a write\'s patience', async (t) => {
  const server = new MapServer()
  const repo = server.makeBranch('default', 'r', 'master')
  const table = server.table()
  const pfs = await connect(inProcess({
    ...table,
    '/pfs_v2.API/InspectCommit': (request, context) => {
      if (request.wait === 'FINISHED') throw rpcFailure(4, 'deadline exceeded')
      return table['/pfs_v2.API/InspectCommit']?.(request, context) ?? {}
    },
  }))
  const open = server.addCommit(repo, 'master', { state: 'open' })
  await t.rejects(put(pfs, 'r', 'a', 'x'), { name: 'PfsError', kind: 'head-open', commit: open.id })
  t.equal(server.batches.length, 0)
})

t.test('writes of one key, each behind the other, wait for an open head no longer than one of them', async (t) => {
  const server = new MapServer()
  const repo = server.makeBranch('default', 'r', 'master')
  const table = server.table()
  const clock = t.capture(performance, 'now', () => now)
  let now = 1000
  const waits: number[] = []
  const pfs = await connect(inProcess({
    ...table,
    '/pfs_v2.API/InspectCommit': (request, context) => {
      if (request.wait !== 'FINISHED') return table['/pfs_v2.API/InspectCommit']?.(request, context) ?? {}
      waits.push(now)
      now += limits.headOpenMsMax
      throw rpcFailure(4, 'deadline exceeded')
    },
  }))
  const open = server.addCommit(repo, 'master', { state: 'open' })
  const results = await Promise.allSettled(['x', 'y', 'z'].map((text) => put(pfs, 'r', 'a', text)))
  clock.restore()
  for (const result of results) t.match(result, { status: 'rejected', reason: { kind: 'head-open', commit: open.id } })
  t.same(waits, [1000])
})

t.test('a batch whose branch is gone is refused as one', async (t) => {
  const server = new MapServer()
  const repo = server.makeBranch('default', 'r', 'master')
  const rpcs = counting(inProcess(server.table()))
  const pfs = await connect(rpcs)
  const writes = Array.from({ length: 10 }, (_, i) => put(pfs, 'r', String(i), 'x'))
  repo.branches.delete('master')
  rpcs.take()
  for (const result of await Promise.allSettled(writes)) t.match(result, { status: 'rejected', reason: { kind: 'no-bucket' } })
  t.ok((rpcs.take()['InspectBranch'] ?? 0) <= 2, 'no look for each write')
})

t.test('branches do not wait for each other', async (t) => {
  const server = new MapServer()
  server.makeBranch('default', 'r', 'slow')
  server.makeBranch('default', 'r', 'quick')
  const pfs = await connect(inProcess(server.table()))
  let open: () => void = () => undefined
  server.gate = new Promise((resolve) => { open = resolve })
  const slow = put(pfs, 'slow.r', 'a', 'x')
  await new Promise((resolve) => setImmediate(resolve))
  server.gate = undefined
  await put(pfs, 'quick.r', 'a', 'x')
  t.equal(server.batches.length, 1)
  open()
  await slow
})

t.test('repos of other types are within reach of the rooms behind the contract', async (t) => {
  const server = new MapServer()
  server.makeBranch('default', 'r', 's3-uploads', 'meta')
  const { committers, heads, files } = await openBackend(inProcess(server.table()))
  const branch = { project: 'default', repo: 'r', type: 'meta', branch: 's3-uploads' }
  const bytes = Buffer.from('{}')
  const content = { size: 2, content: { kind: 'held' as const, bytes }, discard: () => Promise.resolve() }
  const { version } = await committers.write(branch, { edits: [{ kind: 'put', key: 'record', content }] })
  t.equal((await heads.read(branch)).commit, version)
  const tree = { ...branch, bucket: '', commit: version, asked: undefined }
  t.match(await files.stat(tree, 'record'), { size: 2, version })
  t.notOk(server.repos.has('default/r.user'))
})
