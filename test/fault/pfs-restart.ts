import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { elements, HttpClient } from '../support/http-client'
import { startServer, type RunningServer } from '../support/server'

/**
 * A gateway and its PFS server as two processes, either of which is killed under writers. The gateway recovers by itself when
 * the other is back: until then it answers 503, and what it acknowledged is there, all else whole or not at all.
 */
const bucket = '/master.restart'
const writers = 12
const absent = 'absent'
const digestOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex')
const sizes = [2000, 2000, 400_000, 3_000_000, 0]

/** A port that is free now; the server that is started again must be where its client looks for it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on TCP has an AddressInfo.
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

class Writers {
  /** The states that each key may be in: one once it is acknowledged. */
  readonly states = new Map<string, Set<string>>()
  readonly refusals = new Set<string>()
  acknowledged = 0
  broken = 0
  stopped = false
  client: HttpClient

  constructor(client: HttpClient) {
    this.client = client
  }

  async write(writer: number): Promise<void> {
    for (let turn = 0; !this.stopped; turn++) {
      const key = `w${String(writer)}/k${String(turn % 4)}`
      const size = sizes[(writer + turn) % sizes.length] ?? 0
      const body = Buffer.alloc(size, `${key} ${String(turn)};`)
      const outcome = size === 0 ? absent : digestOf(body)
      this.states.set(key, new Set([...this.states.get(key) ?? [absent], outcome]))
      const target = `${bucket}/${key}`
      const asked = size === 0 ? this.client.request('DELETE', target) : this.client.request('PUT', target, body)
      const answer = await asked.catch(() => undefined)
      if (answer === undefined) this.broken++
      else if (answer.status === 200 || answer.status === 204) {
        this.states.set(key, new Set([outcome]))
        this.acknowledged++
        continue
      } else this.refusals.add(`${String(answer.status)} ${elements(answer.body, 'Code')[0] ?? ''}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async progress(): Promise<void> {
    for (const goal = this.acknowledged + 3 * writers; this.acknowledged < goal;) await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

t.test('either process is killed, and started again', async (t) => {
  const data = t.testdir()
  const port = String(await freePort())
  const startBack = (): Promise<RunningServer> => startServer(data, ['--serve-pfs', `127.0.0.1:${port}`])
  const startGateway = (): Promise<RunningServer> => startServer('', ['--pfs', `grpc://127.0.0.1:${port}`])
  let back = await startBack()
  let gateway = await startGateway()
  t.teardown(() => Promise.all([gateway.kill(), back.kill()]))
  const load = new Writers(new HttpClient(gateway.port))
  t.equal((await load.client.request('PUT', bucket)).status, 200)
  const running = Array.from({ length: writers }, (_, writer) => load.write(writer))

  for (let cycle = 0; cycle < 2; cycle++) {
    await load.progress()
    await back.kill()
    back = await startBack()
  }
  await load.progress()
  t.equal(load.broken, 0, 'no connection to the gateway breaks because its server is gone')
  t.same([...load.refusals], ['503 ServiceUnavailable'])

  await gateway.kill()
  gateway = await startGateway()
  load.client.close()
  load.client = new HttpClient(gateway.port)
  await load.progress()
  load.stopped = true
  await Promise.all(running)

  const list = await load.client.request('GET', `${bucket}?list-type=2`)
  const listed = new Set(elements(list.body, 'Key'))
  for (const [key, outcomes] of load.states) {
    const answer = await load.client.request('GET', `${bucket}/${key}`)
    const found = answer.status === 404 ? absent : digestOf(answer.body)
    if (!outcomes.has(found)) t.fail(`${key} holds what no request left there`, { status: answer.status, size: answer.body.length })
    if (listed.has(key) !== (answer.status === 200)) t.fail(`${key}: the listing and the object disagree`)
  }
  load.client.close()
  t.equal(await gateway.stop(), 0)
  t.equal(await back.stop(), 0)
})
