import t from 'tap'
import { limits } from '../../lib/limits'
import { Budget } from '../../lib/kit/budget'
import type { StageOptions } from '../../lib/pfs/contract'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { BodyStage } from '../../lib/pfs/stage'
import type { Transport } from '../../lib/pfs/transport'
import { settle } from '../support/collect'
import { counting } from '../support/counting'
import { MapServer } from '../support/map-server'
import fc from 'fast-check'

function bench(bytesMax: number = limits.bodyBudgetBytes) {
  const server = new MapServer()
  const rpcs = counting(inProcess(server.table()))
  const budget = new Budget(bytesMax)
  const open = (options: StageOptions, transport: Transport = rpcs) => new BodyStage(transport, budget, options)
  return { server, rpcs, budget, open }
}

t.test('a small body is held, without a copy, and gives its bytes back once', async (t) => {
  const { budget, open, rpcs } = bench()
  const stage = open({ length: 5 })
  t.equal(budget.bytes, 0, 'what is only announced takes no room')
  const chunk = Buffer.from('hello')
  t.equal(stage.write(chunk), undefined)
  t.equal(budget.bytes, 5)
  const staged = await stage.finish()
  t.equal(staged.content.kind === 'held' ? staged.content.bytes : undefined, chunk)
  t.equal(staged.size, 5)
  await stage.discard()
  t.equal(budget.bytes, 5, 'the staged body owns it now')
  await staged.discard()
  await staged.discard()
  t.equal(budget.bytes, 0)
  t.same(rpcs.take(), {})
})

t.test('which bodies are held', async (t) => {
  const { budget, open, rpcs } = bench(300_000)
  await open({ length: limits.heldBodyBytesMax }).discard()
  t.same(rpcs.take(), {})
  await open({ length: limits.heldBodyBytesMax + 1 }).discard()
  t.same(rpcs.take(), { CreateFileSet: 1 })
  await open({ length: 1, fileSet: true }).discard()
  t.same(rpcs.take(), { CreateFileSet: 1 })
  const [first, second] = [open({ length: 200_000 }), open({ length: 200_000 })]
  await first.write(Buffer.alloc(200_000))
  t.same(rpcs.take(), {})
  await second.write(Buffer.alloc(200_000))
  t.same(rpcs.take(), { CreateFileSet: 1 }, 'there is no room for a second')
  await Promise.all([first.discard(), second.discard()])
  t.equal(budget.bytes, 0)
})

t.test('a body of unknown length is held until it is too large, or until there is no room', async (t) => {
  for (const bytesMax of [limits.bodyBudgetBytes, 100_000]) {
    const { server, budget, open, rpcs } = bench(bytesMax)
    const stage = open({ length: undefined })
    const chunk = Buffer.alloc(60_000, 'x')
    await stage.write(chunk)
    t.equal(budget.bytes, 60_000)
    t.same(rpcs.take(), {})
    for (let i = 0; i < 9; i++) {
      await stage.write(chunk)
      t.ok(budget.bytes <= bytesMax)
    }
    t.equal(budget.bytes, 0)
    const staged = await stage.finish()
    t.same(rpcs.take(), { CreateFileSet: 1 })
    t.equal(staged.size, 600_000)
    t.equal([...server.fileSets.values()][0]?.get('/part')?.length, 600_000)
    await staged.discard()
    t.equal(server.fileSets.size, 0)
  }
})

t.test('an empty file set has its file', async (t) => {
  const { server, open } = bench()
  const staged = await open({ length: 0, fileSet: true }).finish()
  t.equal([...server.fileSets.values()][0]?.get('/part')?.length, 0)
  t.equal(staged.size, 0)
})

t.test('whatever the pieces, the bytes are the same and the budget is never exceeded', async (t) => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 8 }), { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    fc.integer({ min: 0, max: 400_000 }),
    async (bodies, known, bytesMax) => {
      const { server, budget, open } = bench(bytesMax)
      await Promise.all(bodies.map(async (sizes, n) => {
        const length = sizes.reduce((sum, size) => sum + size, 0)
        const stage = open({ length: known ? length : undefined })
        const whole = Buffer.alloc(length, n + 1)
        let at = 0
        for (const size of sizes) {
          const wait = stage.write(whole.subarray(at, at += size))
          if (budget.bytes > bytesMax) throw new Error('over the budget')
          await wait
          await settle()
        }
        const staged = await stage.finish()
        const bytes = staged.content.kind === 'held' ? staged.content.bytes : server.fileSets.get(staged.content.id)?.get('/part')
        if (bytes === undefined || !bytes.equals(whole) || staged.size !== length) throw new Error('other bytes')
        await staged.discard()
      }))
      if (budget.bytes !== 0) throw new Error('bytes were kept')
    }), { numRuns: 40, seed: 7 })
  t.pass()
})

t.test('a server that fails says so to whoever writes', async (t) => {
  const { open, budget } = bench()
  const refusing = inProcess({
    '/pfs_v2.API/CreateFileSet': () => ({
      message: () => Promise.reject(Object.assign(new Error(''), { code: 14, details: 'gone' })), end: () => Promise.resolve({}), abort: () => undefined }),
  })
  const stage = open({ length: 1e6 }, refusing)
  const chunk = Buffer.alloc(100_000)
  await t.rejects(async () => { for (let i = 0; i < 4; i++) await stage.write(chunk) }, { name: 'PfsError', kind: 'unavailable' })
  await t.rejects(stage.finish(), { name: 'PfsError', kind: 'unavailable' })
  await stage.discard()
  t.equal(budget.bytes, 0)
})
