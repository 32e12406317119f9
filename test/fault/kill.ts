import { createHash } from 'node:crypto'
import t from 'tap'
import { elements, HttpClient, type Answer } from '../support/http-client'
import { randomFrom } from '../support/random'
import { startServer, type RunningServer } from '../support/server'

/**
 * The promise behind a 200, tried the hard way: sixteen writers put, overwrite, delete and upload in parts; the process is
 * killed without warning; after the restart every acknowledged state is there with its bytes, an unanswered request has
 * happened wholly or not at all, and listing and reading agree. Versions that were acknowledged in any earlier life still
 * answer their bytes, and there are far fewer commits than writes.
 */
const cycles = Number(process.env['KILL_CYCLES'] ?? 12)
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
const writers = 16
const keysPerWriter = 5
const bucket = '/master.kill.tests'
const partSize = 5 * 1024 * 1024
const absent = 'absent'
/** Of twenty writes two are deletes, the last two of these go in parts. */
const kinds = 20
const versionsKept = 400
const versionsReadPerCycle = 40

const digestOf = (body: Buffer): string => createHash('sha256').update(body).digest('hex')
/** Bytes that name their writer and turn, so that a mix of two bodies shows. */
const bodyOf = (label: string, size: number): Buffer => Buffer.alloc(size, `${label};`)

type Random = (below: number) => number
type Tap = Pick<typeof t, 'fail' | 'same' | 'comment' | 'ok'>
interface Version { readonly key: string, readonly id: string, readonly digest: string }

/** What the server owes: the states that each key may be in, and a sample of all versions that were acknowledged. */
class Ledger {
  private readonly random: Random
  /** One digest once acknowledged, two or more while a request is unanswered. */
  readonly states = new Map<string, Set<string>>()
  readonly versions: Version[] = []
  readonly commits = new Set<string>()
  acknowledged = 0

  constructor(random: Random) {
    this.random = random
  }

  begun(key: string, digest: string): void {
    this.states.set(key, new Set([...this.states.get(key) ?? [absent], digest]))
  }

  done(key: string, digest: string, id: string | undefined): void {
    this.states.set(key, new Set([digest]))
    this.acknowledged++
    if (id === undefined) return
    this.commits.add(id)
    const version = { key, id, digest }
    if (this.versions.length < versionsKept) this.versions.push(version)
    else if (this.random(this.acknowledged) < versionsKept) this.versions[this.random(versionsKept)] = version
  }
}

function versionOf({ headers }: Answer): string | undefined {
  const version = headers['x-amz-version-id']
  return typeof version === 'string' ? version : undefined
}

async function multipart(client: HttpClient, key: string, body: Buffer): Promise<string | undefined> {
  const created = await client.request('POST', `${bucket}/${key}?uploads`)
  const id = elements(created.body, 'UploadId')[0] ?? ''
  const tags: string[] = []
  for (const [index, part] of [body.subarray(0, partSize), body.subarray(partSize)].entries()) {
    const answer = await client.request('PUT', `${bucket}/${key}?partNumber=${String(index + 1)}&uploadId=${id}`, part)
    tags.push(answer.headers.etag ?? '')
  }
  const list = tags.map((tag, index) => `<Part><PartNumber>${String(index + 1)}</PartNumber><ETag>${tag}</ETag></Part>`).join('')
  const done = await client.request('POST', `${bucket}/${key}?uploadId=${id}`, `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`)
  if (done.status !== 200 || !done.body.includes('<CompleteMultipartUploadResult')) {
    throw new Error(`complete answered ${String(done.status)} ${done.body.toString()}`)
  }
  return versionOf(done)
}

/** Writes until the server is gone, which is the rejection that ends it. */
async function write(client: HttpClient, writer: number, ledger: Ledger, random: Random, cycle: number): Promise<void> {
  for (let turn = 0; ; turn++) {
    const key = `w${String(writer)}/k${String(random(keysPerWriter))}`
    const kind = random(kinds)
    const size = kind < 12 ? random(3000) : kind < 16 ? 200_000 + random(300_000) : partSize + random(1000)
    const body = bodyOf(`${key} ${String(cycle)} ${String(turn)}`, size)
    const outcome = kind === 16 || kind === 17 ? absent : digestOf(body)
    ledger.begun(key, outcome)
    if (kind >= 18) {
      ledger.done(key, outcome, await multipart(client, key, body))
      continue
    }
    const answer = outcome === absent ? await client.request('DELETE', `${bucket}/${key}`) : await client.request('PUT', `${bucket}/${key}`, body)
    if (answer.status !== 200 && answer.status !== 204) throw new Error(`${key}: ${String(answer.status)} ${answer.body.toString()}`)
    ledger.done(key, outcome, versionOf(answer))
  }
}

async function listed(client: HttpClient): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  let token = ''
  do {
    const page = await client.request('GET', `${bucket}?list-type=2&max-keys=29${token}`)
    const sizes = elements(page.body, 'Size')
    for (const [index, key] of elements(page.body, 'Key').entries()) found.set(key, Number(sizes[index]))
    const next = elements(page.body, 'NextContinuationToken')[0]
    token = next === undefined ? '' : `&continuation-token=${encodeURIComponent(next)}`
  } while (token !== '')
  return found
}

/** Reads everything back, and settles what the unanswered requests did. */
async function verify(t: Tap, client: HttpClient, ledger: Ledger): Promise<void> {
  const sizes = await listed(client)
  await Promise.all([...ledger.states].map(async ([key, outcomes]) => {
    const answer = await client.request('GET', `${bucket}/${key}`)
    const found = answer.status === 404 ? absent : digestOf(answer.body)
    if (!outcomes.has(found)) {
      const start = answer.body.subarray(0, 80).toString()
      t.fail(`${key} holds what no request left there`, { status: answer.status, size: answer.body.length, start })
    }
    if (sizes.get(key) !== (answer.status === 404 ? undefined : answer.body.length)) t.fail(`${key}: the listing and the object disagree`)
    sizes.delete(key)
    ledger.states.set(key, new Set([found]))
  }))
  if (sizes.size > 0) t.fail('something is listed that nobody wrote', { keys: [...sizes.keys()] })
}

async function verifyVersions(t: Tap, client: HttpClient, versions: readonly Version[]): Promise<void> {
  await Promise.all(versions.map(async ({ key, id, digest }) => {
    const answer = await client.request('GET', `${bucket}/${key}?versionId=${id}`)
    const found = answer.status === 404 ? absent : digestOf(answer.body)
    if (found !== digest) t.fail(`version ${id} of ${key} is not what it was`, { status: answer.status, size: answer.body.length })
  }))
}

interface Life { readonly server: RunningServer, readonly client: HttpClient }

/** Lets the writers work until so many requests are acknowledged, and kills the server some turns of the clock later. */
async function killUnderLoad(
  t: Tap, { server, client }: Life, ledger: Ledger, plan: { readonly cycle: number, readonly after: number, readonly delayMs: number },
): Promise<void> {
  let killed = false
  const refusals: string[] = []
  const running = Array.from({ length: writers }, (_, writer) =>
    write(client, writer, ledger, randomFrom(seed + (plan.cycle + 1) * 1000 + writer), plan.cycle).catch((error: unknown) => {
      if (!killed) refusals.push(String(error))
    }))
  const goal = ledger.acknowledged + plan.after
  while (ledger.acknowledged < goal && refusals.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, plan.delayMs))
  killed = true
  await server.kill()
  await Promise.all(running)
  if (refusals.length > 0) t.fail(`cycle ${String(plan.cycle)}: a request failed before the kill`, { refusals, log: server.log() })
}

t.test(`kill -9 under ${String(writers)} writers, ${String(cycles)} times, seed ${String(seed)}`, { timeout: 60_000 + cycles * 20_000 }, async (t) => {
  const data = t.testdir()
  const random = randomFrom(seed)
  const ledger = new Ledger(randomFrom(seed + 1))
  for (let cycle = 0; cycle < cycles; cycle++) {
    const server = await startServer(data)
    const client = new HttpClient(server.port)
    if (cycle === 0) t.ok((await client.request('PUT', bucket)).status === 200, 'the bucket is made')
    else await verify(t, client, ledger)
    const sampled = Array.from({ length: Math.min(versionsReadPerCycle, ledger.versions.length) }, () => random(ledger.versions.length))
    await verifyVersions(t, client, sampled.flatMap((index) => ledger.versions[index] ?? []))
    await killUnderLoad(t, { server, client }, ledger, { cycle, after: random(250), delayMs: random(40) })
    client.close()
  }
  const server = await startServer(data)
  const client = new HttpClient(server.port)
  await verify(t, client, ledger)
  await verifyVersions(t, client, ledger.versions)
  client.close()
  t.comment(`${String(ledger.acknowledged)} writes in ${String(ledger.commits.size)} commits, ${String(ledger.versions.length)} old versions read`)
  t.ok(ledger.acknowledged > cycles && ledger.versions.length > cycles, 'the writers got somewhere')
  t.ok(ledger.commits.size * 2 < ledger.acknowledged, 'many writes share a commit')
  t.ok((await server.stop()) === 0, 'a clean drain exits 0')
})
