import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { limits } from '../../lib/limits'

const mib = 1024 * 1024
/** What the kernel holds, by the number of the reply. */
const queues = new Map<number, number>()
const asked = { sendQueues: () => Promise.resolve(queues), connectionOf: ({ localPort }: Socket) => localPort }
// The module is the one that its path says.
const { UnsentReply, unsent } = t.mockRequire('../../lib/http/unsent', { '../../lib/http/send-queues': asked }) as
  typeof import('../../lib/http/unsent')

class Reply extends UnsentReply {
  isCut = false
  parks = 0
  private readonly name: number

  constructor(held: number) {
    const name = queues.size
    const socket = Object.defineProperty(new Socket(), 'localPort', { value: name })
    const res = new ServerResponse(new IncomingMessage(socket))
    res.assignSocket(socket)
    super(res)
    this.name = name
    queues.set(name, mib)
    this.held = held
    unsent.wait(this)
  }

  /** The client takes so many bytes. */
  take(bytes: number): void {
    queues.set(this.name, (queues.get(this.name) ?? 0) - bytes)
  }

  park(): void {
    this.parks++
  }

  override cut(): void {
    this.isCut = true
  }
}

/** The work of the one timer, while it runs. */
let tick: (() => void) | undefined
const own = { setInterval: globalThis.setInterval, clearInterval: globalThis.clearInterval }
Object.assign(globalThis, {
  setInterval: (work: () => void) => {
    tick = work
    return { unref: () => 'the timer' }
  },
  clearInterval: (timer: unknown) => { if (timer === 'the timer') tick = undefined },
})
t.teardown(() => Object.assign(globalThis, own))

/** Lets time pass as the timer sees it; `each` is called once between two looks. */
async function pass(ms: number, each: () => void = () => undefined): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    if (passed % limits.replyLookMs === 0) each()
    tick?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

t.test('who takes nothing is given up; who takes something is not, though nothing can be written', async (t) => {
  const [stalled, dripping, moving] = [new Reply(1), new Reply(1), new Reply(1)]
  let turn = 0
  const each = (): void => {
    if (++turn % 3 === 0) moving.take(limits.replyTakenBytesMin)
    dripping.take(1)
  }
  await pass(limits.replyIdleMsMax, each)
  t.same([stalled, dripping, moving].map(({ isCut, parks }) => [isCut, parks]), [[false, 1], [false, 1], [false, 1]])
  await pass(500, each)
  t.same([stalled, dripping, moving].map(({ isCut }) => isCut), [true, true, false])
  await pass(limits.replyIdleMsMax, each)
  t.equal(moving.isCut, false)
  await pass(limits.replyIdleMsMax + limits.replyLookMs * 2)
  t.equal(moving.isCut, true)
})

t.test('crumbs add up to something', async (t) => {
  const slow = new Reply(1)
  await pass(limits.replyIdleMsMax * 2, () => { slow.take(limits.replyTakenBytesMin / 8) })
  t.equal(slow.isCut, false)
  unsent.done(slow)
})

t.test('where all hold too much, those that stopped go before those that pause', async (t) => {
  const pausing = new Reply(60 * mib)
  await pass(limits.replyLookMs * 2, () => { pausing.take(mib / 8) })
  await pass(limits.replyLookMs)
  const stopped = [new Reply(20 * mib), new Reply(30 * mib), new Reply(10 * mib)]
  await pass(limits.unsentStallMs)
  t.same(stopped.map(({ isCut }) => isCut), [false, false, false], 'they may stall for a while')
  await pass(500)
  t.same(stopped.map(({ isCut }) => isCut), [true, true, false], 'and no more are given up than must be')
  await pass(limits.unsentPauseMs)
  t.equal(pausing.isCut, false)
  const more = new Reply(40 * mib)
  await pass(500)
  t.same([pausing, ...stopped, more].map(({ isCut }) => isCut), [true, true, true, false, false], 'a pause has an end')
  for (const reply of [...stopped, more]) unsent.done(reply)
})

t.test('a write behind a stall is going on, too, and the last bound is one for all', async (t) => {
  const pausing = new Reply(100 * mib)
  await pass(limits.unsentStallMs)
  unsent.wait(pausing)
  await pass(limits.unsentPauseMs - 500)
  t.equal(pausing.isCut, false)
  const more = new Reply(limits.unsentLastBytesMax - 100 * mib + 1)
  await pass(500)
  t.same([pausing.isCut, more.isCut], [true, false])
  unsent.done(more)
})
