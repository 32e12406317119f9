import { createHash } from 'node:crypto'
import t from 'tap'
import { elements, HttpClient } from '../support/http-client'
import { startServer, type RunningServer } from '../support/server'
import { storedCommits } from '../support/stored-commits'

/** Writers that race for one key with conditions: S3's promise is that exactly one of those who saw the same state wins. */
const bucket = '/master.races'
const data = t.testdir()
let server: RunningServer
let client: HttpClient

t.before(async () => {
  server = await startServer(data)
  client = new HttpClient(server.port)
  await client.request('PUT', bucket)
})

const put = (key: string, body: Buffer | string, headers: Record<string, string> = {}) => client.request('PUT', `${bucket}/${key}`, body, headers)

t.test('of 100 that create a key only one does, whether small or large', async (t) => {
  for (const size of [10, 300_000]) {
    const key = `new${String(size)}`
    const bodies = Array.from({ length: 100 }, (_, n) => Buffer.alloc(size, `writer ${String(n)};`))
    const answers = await Promise.all(bodies.map((body) => put(key, body, { 'if-none-match': '*' })))
    const winners = answers.flatMap(({ status }, n) => status === 200 ? [n] : [])
    t.equal(winners.length, 1)
    t.ok(answers.every(({ status }) => [200, 409, 412].includes(status)))
    t.ok((await client.request('GET', `${bucket}/${key}`)).body.equals(bodies[winners[0] ?? -1] ?? Buffer.alloc(0)), 'it holds the bytes of the one')
  }
})

t.test('16 that count upwards by If-Match lose no update', async (t) => {
  await put('count', '0')
  const turns = 6
  const count = async (): Promise<void> => {
    for (let done = 0; done < turns;) {
      const { body, headers } = await client.request('GET', `${bucket}/count`)
      const { status } = await put('count', String(Number(body.toString()) + 1), { 'if-match': headers.etag ?? '' })
      if (status === 200) done++
      else if (status !== 412 && status !== 409) throw new Error(`answered ${String(status)}`)
    }
  }
  await Promise.all(Array.from({ length: 16 }, count))
  t.equal((await client.request('GET', `${bucket}/count`)).body.toString(), String(16 * turns))
})

t.test('a bucket is not removed under an object that is being written', async (t) => {
  for (let round = 0; round < 10; round++) {
    const target = `/master.removed${String(round)}`
    await client.request('PUT', target)
    const [write, remove] = await Promise.all([client.request('PUT', `${target}/k`, 'k'), client.request('DELETE', target)])
    const read = await client.request('GET', `${target}/k`)
    const fates = [write.status, remove.status, read.status]
    t.ok(String(fates) === '200,409,200' || String(fates) === '404,204,404', String(fates))
  }
})

t.test('a page of a listing has all of a commit or nothing of it', async (t) => {
  const keys = Array.from({ length: 20 }, (_, n) => `set/${String(n)}`)
  const remove = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`
  let deleting = true
  const rounds = (async () => {
    for (let round = 0; round < 15; round++) {
      for (const key of keys) await put(key, 'x')
      await client.request('POST', `${bucket}?delete`, remove, { 'content-md5': createHash('md5').update(remove).digest('base64') })
    }
    deleting = false
  })()
  const seen = new Set<number>()
  while (deleting) {
    const listed = elements((await client.request('GET', `${bucket}?list-type=2&prefix=set/`)).body, 'Key')
    // Written one after the other and removed at once: what is there is always the first so many.
    const first = keys.slice(0, listed.length).sort()
    if (JSON.stringify(listed) !== JSON.stringify(first)) t.fail('a listing shows half a deletion', { listed })
    seen.add(listed.length)
  }
  await rounds
  t.ok(seen.size > 1)
})

t.test('refused writes left no commit', async (t) => {
  client.close()
  t.equal(await server.stop(), 0)
  t.ok(await storedCommits(data, 'races') <= 1 + 2 + 1 + 16 * 6 + 15 * 21, 'no more commits than successes')
})
