import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { HttpClient } from '../support/http-client'
import { eventually } from '../support/process-census'
import { RawConnection } from '../support/raw-connection'
import { ownEnvironment, startServer, type RunningServer } from '../support/server'

/** How the server ends, when it is asked to, and when it cannot begin. */
const bucket = '/master.drain'

/** Whether the endpoint takes connections. */
async function listens(port: number): Promise<boolean> {
  try {
    await (await RawConnection.open(port)).breakOff('rst')
    return true
  } catch {
    return false
  }
}

async function made(data: string): Promise<RunningServer> {
  const server = await startServer(data)
  const client = new HttpClient(server.port)
  await client.request('PUT', bucket)
  client.close()
  return server
}

t.test('SIGTERM under load: what is under way is finished, and nothing acknowledged is lost', async (t) => {
  const data = t.testdir()
  const server = await made(data)
  const client = new HttpClient(server.port)
  const acknowledged: string[] = []
  const answers = new Set<number>()
  let draining = false
  const write = async (writer: number): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const key = `w${String(writer)}/t${String(turn)}`
      const { status } = await client.request('PUT', `${bucket}/${key}`, Buffer.alloc(turn % 8 === 7 ? 400_000 : 500, `${key};`))
      answers.add(status)
      if (status === 200) acknowledged.push(key)
    }
  }
  const failures: unknown[] = []
  const writers = Array.from({ length: 16 }, (_, n) => write(n).catch((error: unknown) => { if (!draining) failures.push(error) }))
  // A body that is half there when the signal comes, and whose other half comes after it.
  const late = await RawConnection.open(server.port)
  const body = Buffer.alloc(600_000, 'late;')
  await late.head('PUT', `${bucket}/late`, { 'Content-Length': String(body.length), 'Expect': '100-continue' })
  t.ok(await eventually(() => late.received().includes('100 Continue')))
  await late.write(body.subarray(0, 300_000))
  t.ok(await eventually(() => acknowledged.length > 200), 'the writers get somewhere')
  draining = true
  const stopped = server.stop()
  t.ok(await eventually(async () => !await listens(server.port)), 'nothing new is taken')
  await late.write(body.subarray(300_000))
  await late.closed()
  t.match(late.received(), /\r\nHTTP\/1.1 200 /, 'the request that was under way is answered')
  t.equal(await stopped, 0, 'a clean drain')
  await Promise.all(writers)
  client.close()
  t.same(failures, [])
  t.same([...answers], [200], 'an answer, where there is one, is a success')
  const again = await startServer(data)
  const reader = new HttpClient(again.port)
  const lost: string[] = []
  await Promise.all(acknowledged.map(async (key) => {
    const found = await reader.request('GET', `${bucket}/${key}`)
    if (found.status !== 200 || !found.body.equals(Buffer.alloc(found.body.length, `${key};`)) || found.body.length < 500) lost.push(key)
  }))
  t.same(lost, [], `${String(acknowledged.length)} acknowledged objects are there`)
  t.ok((await reader.request('GET', `${bucket}/late`)).body.equals(body))
  reader.close()
  t.equal(await again.stop(), 0)
})

t.test('a second signal ends at once, unless it comes with the first', async (t) => {
  const server = await made(t.testdir())
  const stuck = await RawConnection.open(server.port)
  await stuck.head('PUT', `${bucket}/stuck`, { 'Content-Length': '1000', 'Expect': '100-continue' })
  t.ok(await eventually(() => stuck.received().includes('100 Continue')))
  // As from a launcher that passes on what came to both.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) server.process.kill(signal)
  t.ok(await eventually(async () => !await listens(server.port)), 'the drain has begun')
  await new Promise((resolve) => { setTimeout(resolve, 100) })
  t.equal(server.process.exitCode, null, 'and waits for the request under way')
  t.ok(await eventually(() => {
    server.process.kill('SIGTERM')
    return server.process.exitCode !== null
  }))
  t.equal(server.process.exitCode, 1)
  await stuck.breakOff('rst')
})

interface Refusal { readonly code: number | null, readonly out: string, readonly lines: readonly string[] }

/** Runs the server to its end, which must come by itself. */
async function refused(flags: readonly string[], environment: Record<string, string> = {}): Promise<Refusal> {
  const child = spawn(process.execPath, [join(__dirname, '../../lib/server.js'), ...flags], {
    env: { ...ownEnvironment(), ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  let error = ''
  let out = ''
  child.stderr.on('data', (chunk: Buffer) => { error += chunk.toString() })
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); child.kill('SIGKILL') })
  await once(child, 'close')
  return { code: child.exitCode, out, lines: error.split('\n').filter((line) => line !== '') }
}

t.test('a start that cannot be: one line that names the cause, and exit 1', async (t) => {
  const data = t.testdir({ data: {}, file: 'no directory', broken: { FORMAT: 'something else' } })
  const server = await startServer(join(data, 'data'))
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  // A server that listens on TCP has an AddressInfo.
  const port = String((taken.address() as AddressInfo).port)
  const free = ['--listen', '127.0.0.1:0']
  const fresh = [...free, '--data', join(data, 'fresh')]
  const cases: [what: string, flags: string[], cause: RegExp, environment?: Record<string, string>][] = [
    ['a directory in use', [...free, '--data', join(data, 'data')], /is in use by process \d+/],
    ['a file for a directory', [...free, '--data', join(data, 'file')], /file/],
    ['a place that takes no directory', [...free, '--data', '/proc/none/at/all'], /--data \/proc\/none\/at\/all: ENOENT/],
    ['another format', [...free, '--data', join(data, 'broken')], /FORMAT|format/],
    ['a port in use', ['--listen', `127.0.0.1:${port}`, '--data', join(data, 'fresh')], new RegExp(port)],
    ['a port in use for gRPC', [...fresh, '--serve-pfs', `127.0.0.1:${port}`], new RegExp(`--serve-pfs 127.0.0.1:${port}: .*EADDRINUSE`)],
    ['no PFS server there', [...free, '--pfs', 'unix:/nowhere/at/all'], /--pfs unix:.*cannot be reached \(.*ENOENT/],
    ['an unknown flag', [...fresh, '--liste'], /--liste/],
    ['a flag without its value', [...fresh, '--domain'], /--domain/],
    ['a bad value', [...fresh, '--head-max-age', 'soon'], /--head-max-age soon/],
    ['a bad endpoint', ['--listen', 'nowhere', '--data', join(data, 'fresh')], /--listen nowhere/],
    ['open to everyone', ['--listen', '0.0.0.0:0', '--data', join(data, 'fresh')], /--allow-open/],
    ['an unknown variable', fresh, /PFS_S3_LISTE\b/, { PFS_S3_LISTE: 'x' }],
    ['a bad variable', fresh, /LOG.LEVEL loud/i, { PFS_S3_LOG_LEVEL: 'loud' }],
    ['keys that are not there', [...fresh, '--keys', join(data, 'none')], /--keys/],
  ]
  for (const [what, flags, cause, environment] of cases) {
    const { code, out, lines } = await refused(flags, environment)
    t.equal(code, 1, what)
    t.equal(lines.length, 1, `${what}: ${lines.join(' | ')}`)
    t.match(lines[0], cause)
    t.equal(out, '')
  }
  taken.close()
  t.equal(await server.stop(), 0)
})
