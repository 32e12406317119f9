import t from 'tap'
import { join } from 'node:path'
import { connectionsMax } from '../../lib/http/connections-max'
import { limits } from '../../lib/limits'
import { bucketState } from '../support/bucket-state'
import { HttpClient } from '../support/http-client'
import { descriptorsOf, eventually, filesBelow } from '../support/process-census'
import { randomFrom } from '../support/random'
import { RawConnection } from '../support/raw-connection'
import { startServer } from '../support/server'

/*
 * What a storm of clients that vanish leaves behind: nothing. Not a descriptor, not a file of a body that never became an
 * object, not a commit.
 */

const bucket = 'master.census'
const size = 3_000_000
const storm = 200

t.test('nothing is left of uploads and downloads whose clients vanish', async (t) => {
  const data = join(t.testdir(), 'data')
  const server = await startServer(data)
  t.teardown(() => server.kill())
  const pid = server.process.pid ?? 0
  const client = new HttpClient(server.port, 1)
  t.teardown(() => { client.close() })
  await client.request('PUT', `/${bucket}`)
  for (const key of ['large', 'other']) await client.request('PUT', `/${bucket}/${key}`, Buffer.alloc(size, key))
  const created = await client.request('POST', `/${bucket}/parts?uploads`)
  const id = /<UploadId>([^<]+)/.exec(String(created.body))?.[1] ?? ''
  t.not(id, '')
  t.equal((await client.request('GET', `/${bucket}/large`)).body.length, size)
  const sockets = (): number => descriptorsOf(pid).filter((name) => name === 'socket:').length
  const quiet = { sockets: sockets(), files: filesBelow(data) }
  // A few of each, so that what is opened once for good is open.
  await vanishing(server.port, id, 4, 1)
  const unlinked = (): boolean => descriptorsOf(pid).some((name) => name.endsWith(' (deleted)'))
  const settled = (): boolean => sockets() === quiet.sockets && equal(filesBelow(data), quiet.files) && !unlinked()
  t.ok(await eventually(settled), 'their sockets and files are closed')
  const before = { descriptors: descriptorsOf(pid), files: filesBelow(data), state: await bucketState(client, bucket) }

  await vanishing(server.port, id, storm, 2)

  await eventually(() => equal(descriptorsOf(pid), before.descriptors) && equal(filesBelow(data), before.files))
  t.same(descriptorsOf(pid), before.descriptors, 'open descriptors')
  t.same(filesBelow(data), before.files, 'files of the store')
  t.equal(await bucketState(client, bucket), before.state, 'what the bucket holds')
  t.notMatch(String((await client.request('GET', `/${bucket}/parts?uploadId=${id}`)).body), '<Part>', 'no part either')
  t.equal((await client.request('GET', `/${bucket}/large`)).body.length, size)
  t.equal(server.log(), '', 'and nobody is told of it as a fault')
  t.equal(await server.stop(), 0, 'nothing keeps the process from ending')
})

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.join('\n') === b.join('\n')
}

async function vanishing(port: number, id: string, count: number, seed: number): Promise<void> {
  const next = randomFrom(seed)
  const body = Buffer.alloc(size, 'x')
  const one = async (index: number): Promise<void> => {
    const connection = await RawConnection.open(port)
    const kind = index % 4
    const target = kind === 3 ? `/${bucket}/parts?partNumber=1&uploadId=${id}` : kind === 2 ? `/${bucket}/vanished` : `/${bucket}/large`
    if (kind < 2) {
      await connection.write(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)
      // Some never read, so that the server has much to send and nowhere to send it; some have read a part of it.
      if (kind === 0) connection.socket.pause()
      else for (let reads = next(20); reads > 0; reads--) await new Promise((resolve) => { connection.socket.once('data', resolve) })
    } else {
      const length = index % 8 < 4 ? 'Transfer-Encoding: chunked' : `Content-Length: ${String(size)}`
      const framed = index % 8 < 4 ? Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body]) : body
      await connection.write(`PUT ${target} HTTP/1.1\r\nHost: h\r\n${length}\r\n\r\n`)
      await connection.write(framed.subarray(0, next(size)))
    }
    if (next(2) === 0) connection.socket.destroy()
    else connection.socket.resetAndDestroy()
  }
  // `count` uploads and as many downloads, forty at a time.
  for (let start = 0; start < 2 * count; start += 40) {
    await Promise.all(Array.from({ length: Math.min(40, 2 * count - start) }, (_, index) => one(start + index)))
  }
}

void t.test('DO-06: connections never take the descriptors that the store needs', async (t) => {
  t.equal(connectionsMax(20_000), Math.floor((20_000 - limits.storeDescriptorsMax) / 2))
  t.equal(connectionsMax(Infinity), limits.connectionsMax)
  t.equal(connectionsMax(1_000_000), limits.connectionsMax)
  t.equal(connectionsMax(64), limits.connectionsMin)
  const descriptors = 400
  const data = join(t.testdir(), 'data')
  const server = await startServer(data, [], { launcher: ['bash', '-c', `ulimit -n ${String(descriptors)}; exec "$0" "$@"`] })
  t.teardown(() => server.kill())
  const client = new HttpClient(server.port, 1)
  t.teardown(() => { client.close() })
  t.equal((await client.request('PUT', `/${bucket}`)).status, 200)
  const crowd = await Promise.all(Array.from({ length: descriptors + 100 }, () => RawConnection.open(server.port)))
  for (const round of ['first', 'second']) {
    t.equal((await client.request('PUT', `/${bucket}/small`, 'x')).status, 200, round)
    t.equal((await client.request('PUT', `/${bucket}/large`, Buffer.alloc(size))).status, 200, round)
    t.equal((await client.request('GET', `/${bucket}/large`)).body.length, size, round)
  }
  await Promise.all(crowd.map((connection) => connection.breakOff('rst')))
  const later = new HttpClient(server.port, 1)
  t.teardown(() => { later.close() })
  const letIn = (): Promise<boolean> => later.request('PUT', `/${bucket}/small`, 'y').then(({ status }) => status === 200, () => false)
  t.ok(await eventually(letIn), 'others are let in again')
  t.equal(server.log(), '')
})
