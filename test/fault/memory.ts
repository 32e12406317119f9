import { createHash } from 'node:crypto'
import t from 'tap'
import { elements, HttpClient } from '../support/http-client'
import { descriptorsOf, eventually, filesBelow, MemoryPeak } from '../support/process-census'
import { RawConnection } from '../support/raw-connection'
import { startServer, type RunningServer } from '../support/server'
import { storedCommits } from '../support/stored-commits'

/**
 * What many clients at once can make the server hold, and what it still holds when they are gone: nothing. Anonymous memory
 * is sampled from outside; mapped pages of the index are told beside it. MEMORY_MIB is what each declared upload sends.
 */
const ceiling = 256 * 1024 * 1024
const sentMib = Number(process.env['MEMORY_MIB'] ?? 6)
const mib = 1024 * 1024
const gib = 1024 * mib
const bucket = '/master.memory'
const bigSize = 32 * mib
const block = Buffer.alloc(256 * 1024, 'What is declared is not what is sent. ')

let server: RunningServer
const data = t.testdir()

// A server of its own for each, so that one does not pay for what the allocator kept of the one before.
t.beforeEach(async () => {
  server = await startServer(data)
  const client = new HttpClient(server.port)
  await client.request('PUT', bucket)
  await client.request('PUT', `${bucket}/kept`, 'kept as it is')
  const answer = await client.request('PUT', `${bucket}/big`, Buffer.alloc(bigSize, 'big '))
  if (answer.status !== 200) throw new Error('there is nothing to start with')
  // The file of an object that was read stays open for the next reader.
  await client.request('GET', `${bucket}/big`)
  client.close()
})

t.afterEach(async () => { await server.stop() })

/** All that could be left behind: descriptors, files of the store, what is listed and at which version. */
async function census(): Promise<unknown> {
  const client = new HttpClient(server.port, 1)
  const list = await client.request('GET', `${bucket}?list-type=2`)
  const keys = elements(list.body, 'Key')
  const versions = []
  for (const key of keys) versions.push([key, (await client.request('HEAD', `${bucket}/${key}`)).headers['x-amz-version-id']])
  const descriptors = descriptorsOf(server.process.pid ?? 0)
  client.close()
  return { versions, descriptors, files: filesBelow(data) }
}

/** Runs `load` under the ceiling, then ends its connections and asks that nothing of it is left. */
async function under(t: Tap, what: string, load: () => Promise<RawConnection[]>): Promise<void> {
  const before = JSON.stringify(await census())
  const peak = new MemoryPeak(server.process.pid ?? 0)
  let figures = ''
  const connections = await load().finally(() => { figures = peak.stop() })
  t.comment(`${what}: ${figures}`)
  t.ok(peak.anon <= ceiling, `${what}: ${figures}`)
  await Promise.all(connections.map((connection) => connection.breakOff('rst')))
  const same = await eventually(async () => JSON.stringify(await census()) === before)
  t.ok(same, `${what}: nothing is left behind`)
  if (!same) t.equal(JSON.stringify(await census()), before)
}

type Tap = Pick<typeof t, 'ok' | 'comment' | 'equal'>

/** One unfinished request, `sent` bytes of it on their way. */
async function unfinished(target: string, headers: Record<string, string>, sent: number, method = 'PUT'): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port)
  await connection.head(method, target, headers)
  for (let at = 0; at < sent; at += block.length) await connection.write(block.subarray(0, Math.min(block.length, sent - at)))
  return connection
}

function many(count: number, one: (n: number) => Promise<RawConnection>): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => one(n)))
}

/** Long enough for the server to take what is under way; a longer look would only see the same again. */
const look = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 500) })

t.test('64 uploads that declare 1 GiB each, at full speed', async (t) => {
  await under(t, `64 × ${String(sentMib)} MiB of 1 GiB`, () => many(64, (n) =>
    unfinished(`${bucket}/declared${String(n)}`, { 'Content-Length': String(gib) }, sentMib * mib)))
})

t.test('256 uploads that stall just before their first block is full', async (t) => {
  await under(t, '256 stalled uploads', async () => {
    const connections = await many(256, (n) => unfinished(`${bucket}/stalled${String(n)}`, { 'Content-Length': String(gib) }, mib - 64 * 1024))
    await look()
    return connections
  })
})

t.test('512 uploads of unknown length that stall before they outgrow memory', async (t) => {
  const size = 250 * 1024
  await under(t, '512 stalled uploads of unknown length', async () => {
    const connections = await many(512, async (n) => {
      const connection = await unfinished(`${bucket}/chunked${String(n)}`, { 'Transfer-Encoding': 'chunked' }, 0)
      await connection.write(Buffer.from(`${size.toString(16)}\r\n`))
      await connection.write(block.subarray(0, size))
      return connection
    })
    await look()
    return connections
  })
})

t.test('64 uploads in HTTP chunks of one byte that stall', async (t) => {
  const wire = Buffer.alloc(6 * 30_000, '1\r\na\r\n')
  await under(t, '64 × 30,000 chunks of one byte', async () => {
    const connections = await many(64, async (n) => {
      const connection = await unfinished(`${bucket}/drip${String(n)}`, { 'Transfer-Encoding': 'chunked' }, 0)
      await connection.write(wire)
      return connection
    })
    await look()
    return connections
  })
})

t.test('256 documents that stall just before their end', async (t) => {
  const size = 2 * mib
  await under(t, '256 stalled documents', async () => {
    const digest = createHash('md5').update(block).digest('base64')
    const connections = await many(256, () =>
      unfinished(`${bucket}?delete`, { 'Content-Length': String(size), 'Content-MD5': digest }, size - 1, 'POST'))
    await look()
    return connections
  })
})

t.test('small bodies that stall, announced or sent but for a byte, leave documents their room', async (t) => {
  const length = block.length
  const stall = (sent: number): Promise<RawConnection[]> => many(300, (n) =>
    unfinished(`${bucket}/small${String(n)}`, { 'Content-Length': String(length) }, sent))
  await under(t, '600 stalled small bodies', async () => {
    const connections = [...await stall(0), ...await stall(length - 1)]
    await look()
    const client = new HttpClient(server.port)
    const { status } = await client.request('PUT', bucket, '<CreateBucketConfiguration/>')
    t.equal(status, 200)
    client.close()
    return connections
  })
})

t.test('256 readers of a large object that stop reading', async (t) => {
  await under(t, '256 stalled downloads', async () => {
    const connections = await many(256, async () => {
      const connection = await RawConnection.open(server.port)
      connection.stall()
      await connection.head('GET', `${bucket}/big`)
      return connection
    })
    await look()
    return connections
  })
})

t.test('no commit came of any of it', async (t) => {
  await server.stop()
  const starts = 8
  t.equal(await storedCommits(data, 'memory'), 1 + 2 * starts, 'one that began the branch, one for each object at each start')
})
