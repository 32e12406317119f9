import http from 'node:http'
import t from 'tap'
import { Turns } from '../../lib/http/turns'
import { noBody } from '../../lib/kit/reply'
import { withListener } from '../support/with-listener'

function busy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

/** How often the loop has been round when each work ran. */
async function rounds(turns: Turns, works: ReadonlyArray<() => void>): Promise<number[]> {
  const found: number[] = []
  let round = 0
  const all = new Promise<void>((resolve) => {
    for (const work of works) {
      turns.run(() => {
        found.push(round)
        work()
        if (found.length === works.length) resolve()
      })
    }
  })
  while (found.length < works.length) await new Promise((resolve) => setImmediate(() => { resolve(round++) }))
  await all
  return found
}

const nothing = (): void => undefined

t.test('what a turn has time for is done at once', async (t) => {
  const turns = new Turns(Infinity)
  t.same(await rounds(turns, [nothing, nothing, nothing]), [0, 0, 0])
  t.same(await rounds(turns, [nothing]), [0])
})

t.test('what is left waits in its order, and the loop comes round in between', async (t) => {
  const order: number[] = []
  const found = await rounds(new Turns(0), [1, 2, 3, 4].map((number) => () => { order.push(number) }))
  t.same(order, [1, 2, 3, 4])
  t.equal(new Set(found).size, 4, found.join())
})

t.test('who comes later waits behind those who wait', async (t) => {
  let now = 0
  const turns = new Turns(2, () => now)
  const order: string[] = []
  turns.run(() => { order.push('first'); now += 1 })
  turns.run(() => { order.push('second'); now += 1 })
  turns.run(() => { order.push('third') })
  t.same(order, ['first', 'second'], 'as long as there is time')
  await new Promise<void>((resolve) => {
    setImmediate(() => turns.run(() => { order.push('fourth'); resolve() }))
  })
  t.same(order, ['first', 'second', 'third', 'fourth'])
})

t.test('what a work does in promises is a part of it', async (t) => {
  let now = 0
  const later = (): void => { void Promise.resolve().then(() => Promise.resolve()).then(() => { now += 2 }) }
  const [, second = 0, third = 0] = await rounds(new Turns(2, () => now), [() => { now += 2 }, later, nothing])
  t.ok(third > second, `${String(second)}, ${String(third)}`)
})

t.test('a connection is taken in however busy those are that stand', async (t) => {
  const connections = 32
  const served = new Set<string>()
  let count = 0
  const { port } = await withListener(t, (exchange) => {
    count += 1
    served.add(exchange.head.path)
    busy(5)
    void exchange.reply({ status: 200, headers: [], body: noBody })
  })
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const get = (path: string): Promise<void> => new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, agent, path }, (response) => { response.resume().on('end', resolve) }).on('error', reject)
  })
  await Promise.all(Array.from({ length: connections }, async (_, i) => {
    while (served.size < connections) await get(`/${String(i)}`)
  }))
  agent.destroy()
  t.ok(count < 4 * connections, `${String(count)} requests were served before every connection was`)
})
