import t from 'tap'
import { Commits } from '../../lib/pfs/commits'
import { Heads } from '../../lib/pfs/heads'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { settle } from '../support/collect'
import { counting } from '../support/counting'
import { MapServer, rpcFailure } from '../support/map-server'

const branch = { project: 'default', repo: 'r', branch: 'master' }

function bench(ageMsMax = 0) {
  const server = new MapServer()
  const repo = server.makeBranch('default', 'r', 'master')
  const table = server.table()
  const gates: (() => void)[] = []
  let gated = false
  const rpcs = counting(inProcess({
    ...table,
    '/pfs_v2.API/InspectBranch': async (request, context) => {
      const answer = await table['/pfs_v2.API/InspectBranch']?.(request, context)
      if (gated) await new Promise<void>((resolve) => gates.push(resolve))
      if (answer === undefined) throw rpcFailure(2, 'no answer')
      return answer
    },
  }))
  const heads = new Heads(rpcs, new Commits(rpcs), ageMsMax)
  return { server, repo, rpcs, heads, gates, gate: (on: boolean) => { gated = on } }
}

t.test('reads share a look-up only if it began after they came', async (t) => {
  const { server, repo, rpcs, heads, gates, gate } = bench()
  gate(true)
  const before = repo.branches.get('master')
  const early = heads.read(branch)
  await settle()
  const commit = server.addCommit(repo, 'master')
  const late = [heads.read(branch), heads.read(branch), heads.read(branch)]
  await settle()
  t.same(rpcs.take(), { InspectBranch: 1 })
  gates.shift()?.()
  t.equal((await early).commit, before)
  await settle()
  t.match(rpcs.take(), { InspectBranch: 1 }, 'all who came meanwhile share the next')
  gates.shift()?.()
  for (const read of late) t.equal((await read).commit, commit.id)
})

t.test('a failed look-up does not hold up the next', async (t) => {
  const { repo, heads, gates, gate } = bench()
  const id = repo.branches.get('master') ?? ''
  repo.branches.delete('master')
  const first = heads.read(branch)
  const second = heads.read(branch)
  await t.rejects(first, { name: 'PfsError', kind: 'no-bucket' })
  await t.rejects(second, { name: 'PfsError', kind: 'no-bucket' })
  repo.branches.set('master', id)
  gate(true)
  const third = heads.read(branch)
  await settle()
  gates.shift()?.()
  t.equal((await third).commit, id)
})

t.test('a head that is dropped while it is looked at gives way to the next', async (t) => {
  const { server, repo, heads, gates, gate } = bench()
  const before = repo.branches.get('master') ?? ''
  const doomed = server.addCommit(repo, 'master')
  gate(true)
  const read = heads.read(branch)
  await settle()
  gate(false)
  repo.commits.delete(doomed.id)
  repo.branches.set('master', before)
  gates.shift()?.()
  t.match(await read, { head: before, state: 'finished' })
  repo.commits.delete(before)
  await t.rejects(heads.read(branch), { name: 'PfsError', kind: 'exhausted' }, 'for so long')
})

t.test('without an age every read looks; with one, a recent head will do', async (t) => {
  const strict = bench()
  await strict.heads.read(branch)
  await strict.heads.read(branch)
  t.same(strict.rpcs.take(), { InspectBranch: 2, InspectCommit: 1 })
  const aged = bench(60_000)
  await aged.heads.read(branch)
  await aged.heads.read(branch)
  t.same(aged.rpcs.take(), { InspectBranch: 1, InspectCommit: 1 })
  aged.heads.wrote(branch, 'c', 5)
  t.equal((await aged.heads.read(branch)).commit, 'c', 'a write of ours is seen whatever the age')
})

t.test('an older answer does not replace what a write made known', async (t) => {
  const { heads, gates, gate } = bench(60_000)
  gate(true)
  const slow = heads.read(branch)
  await settle()
  await new Promise((resolve) => setTimeout(resolve, 2))
  heads.wrote(branch, 'ours', 5)
  gates.shift()?.()
  await slow
  await settle()
  t.equal((await heads.read(branch)).commit, 'ours')
})

t.test('readers see the nearest commit that is finished without an error', async (t) => {
  const { server, repo, heads } = bench()
  const good = server.addCommit(repo, 'master')
  const bad = server.addCommit(repo, 'master', { error: 'x' })
  t.match(await heads.read(branch), { head: bad.id, state: 'errored', commit: good.id })
  const open = server.addCommit(repo, 'master', { state: 'open' })
  t.match(await heads.read(branch), { head: open.id, state: 'open', commit: good.id })
  repo.branches.delete('other')
  const alone = server.addCommit(repo, 'other', { state: 'open' })
  t.match(await heads.read({ ...branch, branch: 'other' }), { head: alone.id, commit: '' })
})
