import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Pfs, Stat, Upload } from '../../lib/pfs/contract'
import { connect } from '../../lib/pfs/pfs'
import { grpc } from '../../lib/pfs/transports/grpc'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { openPfsd } from '../../lib/pfsd/main'
import { counting, type Counting } from '../support/counting'
import { meeting } from '../support/meeting'
import { put, textOf } from '../support/pfs-rig'
import { completion, everything, noUpload, putPart } from '../support/upload-rig'

/** Several gateways on one server write to one branch: one in its process, three over the network, which are slower. */
const bucket = 'master.r'
let gateways: Pfs[] = []
/** One over the network whose commits others come before, and its calls. */
let late: Pfs
let calls: Counting
let before: () => Promise<unknown> = () => Promise.resolve()

t.before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pfs-gateways-'))
  const server = await openPfsd({ directory, paths: 's3' })
  const { port } = await server.serve('127.0.0.1:0')
  const transports = [inProcess(server.service), ...Array.from({ length: 4 }, () => grpc(`grpc://127.0.0.1:${port}`))]
  t.teardown(async () => {
    for (const transport of [...transports, calls]) transport.close()
    await server.close()
    await rm(directory, { recursive: true, force: true })
  })
  const last = transports.pop()
  if (last === undefined) throw new Error('there are five')
  calls = counting(meeting(last, () => before()))
  late = await connect(calls)
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

t.test('uploads do not stand in each other\'s way, whatever others write between a look and a commit', async (t) => {
  const [other] = gateways
  if (other === undefined) return
  const busy = await other.uploads.create(bucket, 'busy', { entries: {} })
  let number = 0
  before = () => putPart(other, busy, ++number, 'x')
  const take = (): Record<string, number> => {
    const { ModifyFile = 0, InspectBranch = 0 } = calls.take()
    return { ModifyFile, InspectBranch }
  }
  const upload = await late.uploads.create(bucket, 'k', { entries: {} })
  calls.take()
  const parts = []
  for (let n = 1; n <= 5; n++) parts.push(await putPart(late, upload, n, String(n)))
  t.same(take(), { ModifyFile: 5, InspectBranch: 0 }, 'each goes once')
  await late.uploads.complete(upload, completion(parts))
  t.same(take(), { ModifyFile: 3, InspectBranch: 1 })
  t.equal(await textOf(other, bucket, 'k'), '12345')
  const dropped = await late.uploads.create(bucket, 'dropped', { entries: {} })
  await putPart(late, dropped, 1, 'x')
  calls.take()
  await late.uploads.abort(bucket, 'dropped', dropped.id)
  t.same(take(), { ModifyFile: 2, InspectBranch: 0 })
  before = () => Promise.resolve()
  t.same((await other.uploads.list(bucket, everything)).uploads, [busy])
  await other.uploads.abort(bucket, 'busy', busy.id)
})

t.test('what another gateway does to an upload between a look and a commit is judged', async (t) => {
  const [other] = gateways
  if (other === undefined) return
  const attempts: Record<string, (upload: Upload, part: Awaited<ReturnType<typeof putPart>>) => Promise<unknown>> = {
    part: (upload) => putPart(late, upload, 2, 'late'),
    complete: (upload, part) => late.uploads.complete(upload, completion([part], { digest: 'late' })),
    abort: (upload) => late.uploads.abort(bucket, upload.key, upload.id),
  }
  for (const [name, attempt] of Object.entries(attempts)) {
    for (const first of ['complete', 'abort'] as const) {
      const upload = await other.uploads.create(bucket, `${name} behind ${first}`, { entries: {} })
      const part = await putPart(other, upload, 1, 'one')
      before = () => {
        before = () => Promise.resolve()
        return first === 'complete' ? other.uploads.complete(upload, completion([part])) : other.uploads.abort(bucket, upload.key, upload.id)
      }
      await t.rejects(attempt(upload, part), noUpload, upload.key)
      t.equal(await textOf(other, bucket, upload.key), first === 'complete' ? 'one' : undefined)
      t.same((await other.uploads.parts(upload, 0, 10)).parts, [], 'no part is left')
    }
  }
  const upload = await other.uploads.create(bucket, 'same part', { entries: {} })
  before = () => {
    before = () => Promise.resolve()
    return putPart(other, upload, 1, 'early')
  }
  const part = await putPart(late, upload, 1, 'late')
  t.same((await other.uploads.parts(upload, 0, 10)).parts, [part])
  await other.uploads.complete(upload, completion([part]))
  t.equal(await textOf(late, bucket, 'same part'), 'late')
})

t.test('of Completes by all of them one wins', async (t) => {
  for (let round = 0; round < 5; round++) {
    const [maker] = gateways
    if (maker === undefined) return
    const upload = await maker.uploads.create(bucket, `won${round}`, { entries: {} })
    const parts = await Promise.all(gateways.map((gateway, g) => putPart(gateway, upload, g + 1, String(g))))
    const outcomes = await Promise.allSettled(gateways.map((gateway, g) => gateway.uploads.complete(upload, completion(parts.slice(g, g + 1)))))
    const winners = outcomes.flatMap(({ status }, g) => status === 'fulfilled' ? [g] : [])
    t.equal(winners.length, 1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, { kind: /^(upload-claimed|no-upload)$/ })
    for (const gateway of gateways) t.equal(await textOf(gateway, bucket, upload.key), String(winners[0]))
  }
})
