import { createHash } from 'node:crypto'
import t from 'tap'
import { elements, HttpClient } from '../support/http-client'
import { startServer } from '../support/server'

/**
 * The promise behind a 200, tried the hard way: sixteen writers put, overwrite, delete and upload in parts; the process is
 * killed without warning; after the restart every acknowledged state is there with its bytes, an unanswered request has
 * happened wholly or not at all, and listing and reading agree.
 */
const cycles = Number(process.env['KILL_CYCLES'] ?? 12)
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
const writers = 16
const keysPerWriter = 5
const bucket = '/master.kill.tests'

/** Deterministic and cheap; its state is its own. */
function randomFrom(start: number): (below: number) => number {
  let state = (start * 2654435761) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Bytes that name their writer and turn, so that a mix of two bodies shows. */
function bodyOf(label: string, size: number): Buffer {
  return Buffer.alloc(size, `${label};`)
}

const absent = 'absent'
const digestOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex')

/** What each key may hold: exactly one digest once acknowledged, two or more while requests are unanswered. */
type Expected = Map<string, Set<string>>

const partSize = 5 * 1024 * 1024

async function multipart(client: HttpClient, key: string, body: Buffer): Promise<boolean> {
  const created = await client.request('POST', `${bucket}/${key}?uploads`)
  const id = elements(created.body, 'UploadId')[0] ?? ''
  const tags: string[] = []
  for (const [index, part] of [body.subarray(0, partSize), body.subarray(partSize)].entries()) {
    const answer = await client.request('PUT', `${bucket}/${key}?partNumber=${String(index + 1)}&uploadId=${id}`, part)
    tags.push(answer.headers.etag ?? '')
  }
  const list = tags.map((tag, index) => `<Part><PartNumber>${String(index + 1)}</PartNumber><ETag>${tag}</ETag></Part>`).join('')
  const done = await client.request('POST', `${bucket}/${key}?uploadId=${id}`, `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`)
  if (done.status !== 200 || !done.body.includes('<CompleteMultipartUploadResult')) throw new Error(`complete answered ${String(done.status)} ${done.body.toString()}`)
  return true
}

async function write(client: HttpClient, writer: number, expected: Expected, random: (below: number) => number, cycle: number): Promise<void> {
  for (let turn = 0; ; turn++) {
    const key = `w${String(writer)}/k${String(random(keysPerWriter))}`
    const kind = random(20)
    const size = kind < 12 ? random(3000) : kind < 16 ? 200_000 + random(900_000) : partSize + random(1000)
    const body = bodyOf(`${key} ${String(cycle)} ${String(turn)}`, size)
    const outcome = kind === 16 || kind === 17 ? absent : digestOf(body)
    const before = expected.get(key) ?? new Set([absent])
    expected.set(key, new Set([...before, outcome]))
    if (kind >= 18) await multipart(client, key, body)
    else {
      const answer = outcome === absent ? await client.request('DELETE', `${bucket}/${key}`) : await client.request('PUT', `${bucket}/${key}`, body)
      if (answer.status !== 200 && answer.status !== 204) throw new Error(`${key}: ${String(answer.status)} ${answer.body.toString()}`)
    }
    expected.set(key, new Set([outcome]))
  }
}

/** Reads everything back; answers how many keys hold what they must, and settles what the unanswered requests did. */
async function verify(t: Tap, client: HttpClient, expected: Expected): Promise<void> {
  const listed = new Map<string, number>()
  let token = ''
  do {
    const page = await client.request('GET', `${bucket}?list-type=2&max-keys=13${token}`)
    const sizes = elements(page.body, 'Size')
    for (const [index, key] of elements(page.body, 'Key').entries()) listed.set(key, Number(sizes[index]))
    const next = elements(page.body, 'NextContinuationToken')[0]
    token = next === undefined ? '' : `&continuation-token=${encodeURIComponent(next)}`
  } while (token !== '')
  for (const [key, outcomes] of expected) {
    const answer = await client.request('GET', `${bucket}/${key}`)
    const found = answer.status === 404 ? absent : digestOf(answer.body)
    if (!outcomes.has(found)) t.fail(`${key} holds what no request left there`, { status: answer.status, size: answer.body.length, start: answer.body.subarray(0, 80).toString() })
    if (listed.get(key) !== (answer.status === 404 ? undefined : answer.body.length)) t.fail(`${key}: the listing and the object disagree`)
    listed.delete(key)
    expected.set(key, new Set([found]))
  }
  t.same([...listed.keys()], [], 'nothing is listed that nobody wrote')
}

type Tap = Pick<typeof t, 'fail' | 'same' | 'comment' | 'ok'>

t.test(`kill -9 under ${String(writers)} writers, ${String(cycles)} times, seed ${String(seed)}`, { timeout: 30_000 + cycles * 15_000 }, async (t) => {
  const data = t.testdir()
  const expected: Expected = new Map()
  const random = randomFrom(seed)
  let acknowledged = 0
  for (let cycle = 0; cycle < cycles; cycle++) {
    const server = await startServer(data)
    const client = new HttpClient(server.port)
    if (cycle === 0) t.ok((await client.request('PUT', bucket)).status === 200, 'the bucket is made')
    else await verify(t, client, expected)
    let killed = false
    const refusals: unknown[] = []
    const running = Array.from({ length: writers }, (_, writer) =>
      write(client, writer, expected, randomFrom(seed + cycle * writers + writer + 1), cycle).catch((error: unknown) => {
        if (!killed) refusals.push(error)
      }))
    await new Promise((resolve) => setTimeout(resolve, 100 + random(700)))
    killed = true
    await server.kill()
    await Promise.all(running)
    client.close()
    t.same(refusals, [], `cycle ${String(cycle)}: no request failed before the kill`)
    acknowledged += [...expected.values()].filter((outcomes) => outcomes.size === 1).length
  }
  const server = await startServer(data)
  const client = new HttpClient(server.port)
  await verify(t, client, expected)
  client.close()
  t.ok(acknowledged > cycles, 'the writers got somewhere')
  t.ok((await server.stop()) === 0, 'a clean drain exits 0')
})
