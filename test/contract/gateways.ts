import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Pfs, Stat } from '../../lib/pfs/contract'
import { connect } from '../../lib/pfs/pfs'
import { grpc } from '../../lib/pfs/transports/grpc'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { openPfsd } from '../../lib/pfsd/main'
import { put, textOf } from '../support/pfs-rig'

/** Several gateways on one server write to one branch: one in its process, three over the network, which are slower. */
const bucket = 'master.r'
let gateways: Pfs[] = []

t.before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pfs-gateways-'))
  const server = await openPfsd({ directory, paths: 's3' })
  const { port } = await server.serve('127.0.0.1:0')
  const transports = [inProcess(server.service), ...Array.from({ length: 3 }, () => grpc(`grpc://127.0.0.1:${port}`))]
  t.teardown(async () => {
    for (const transport of transports) transport.close()
    await server.close()
    await rm(directory, { recursive: true, force: true })
  })
  gateways = await Promise.all(transports.map((transport) => connect(transport)))
  await gateways[0]?.createBucket(bucket)
})

t.test('none of them starves, and each reads what any has written', async (t) => {
  const writers = gateways.flatMap((gateway, g) => Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; i < 12; i++) {
      const key = `${g}/${writer}/${i}`
      const { version } = await put(gateway, bucket, key, key)
      if (await textOf(gateway, bucket, key) !== key) t.fail('a write is not seen behind its answer')
      if (await textOf(gateway, bucket, key, version) !== key) t.fail('a version is not the commit that holds the write')
    }
  }))
  const outcomes = await Promise.allSettled(writers)
  t.same(outcomes.flatMap((outcome) => outcome.status === 'rejected' ? [outcome.reason as unknown] : []), [])
  for (const gateway of gateways) t.equal(await textOf(gateway, bucket, '3/7/11'), '3/7/11')
})

t.test('conditions hold among all of them', async (t) => {
  const judge = (current: Stat | undefined): void => { if (current !== undefined) throw new Error('it is there') }
  for (let round = 0; round < 5; round++) {
    const key = `once${round}`
    const writes = await Promise.allSettled(gateways.flatMap((gateway, g) => [
      put(gateway, bucket, key, `${g}`, { judge }), put(gateway, bucket, `${key}/${g}`, 'x'),
    ]))
    const winners = writes.flatMap(({ status }, i) => status === 'fulfilled' && i % 2 === 0 ? [i / 2] : [])
    t.equal(winners.length, 1)
    for (const [i, write] of writes.entries()) {
      if (write.status === 'rejected') t.match([i % 2, write.reason], [0, { message: 'it is there' }], 'none is refused for anything else')
    }
    for (const gateway of gateways) t.equal(await textOf(gateway, bucket, key), String(winners[0]))
  }
})

t.test('a condition holds whatever others write to other keys', async (t) => {
  let writing = true
  const others = gateways.slice(1).map(async (gateway, g) => {
    for (let i = 0; writing; i++) await put(gateway, bucket, `busy/${g}/${i}`, 'x')
  })
  for (let i = 0; i < 20; i++) {
    const judge = (current: Stat | undefined): void => { if (current?.size !== (i === 0 ? undefined : i)) throw new Error('a write was lost') }
    const gateway = gateways[i % gateways.length]
    if (gateway !== undefined) await put(gateway, bucket, 'counted', 'x'.repeat(i + 1), { judge })
  }
  writing = false
  await Promise.all(others)
  for (const gateway of gateways) t.equal((await textOf(gateway, bucket, 'counted'))?.length, 20)
})

t.test('a bucket that one of them removed is not made again by a write of another', async (t) => {
  const [first, ...others] = gateways
  await first?.createBucket('gone')
  for (const gateway of others) await put(gateway, 'gone', 'a', 'x')
  await first?.write('gone', { edits: [{ kind: 'delete', key: 'a' }] })
  await first?.deleteBucket('gone')
  for (const gateway of gateways) {
    await t.rejects(put(gateway, 'gone', 'a', 'x'), { name: 'PfsError', kind: 'no-bucket' })
    await t.rejects(gateway.bucket('gone'), { name: 'PfsError', kind: 'no-bucket' })
  }
})
