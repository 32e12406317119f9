import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { selfSigned } from '../support/certificate'
import { HttpClient } from '../support/http-client'
import { descriptorsOf, eventually, MemoryPeak } from '../support/process-census'
import { RawConnection } from '../support/raw-connection'
import { startServer, type RunningServer } from '../support/server'

/**
 * Clients that ask for much and stop reading: together they hold a bounded part of the server's memory, over TLS too, and in
 * both processes where the PFS server is another one; others are served meanwhile, and in the end they are cut off.
 */
const readers = Number(process.env['STALLED_READERS'] ?? 1000)
const mib = 1024 * 1024
const ceiling = 256 * mib
/** A TLS connection takes 45 KiB by itself, and what is written once more, enciphered. */
const secureCeiling = 336 * mib
const bucket = '/master.stalled'

/** Opens many connections, a few at a time, each of which asks and then reads nothing. */
async function stall(server: RunningServer, target: string, secure: boolean): Promise<RawConnection[]> {
  const connections: RawConnection[] = []
  while (connections.length < readers) {
    connections.push(...await Promise.all(Array.from({ length: 50 }, async () => {
      const connection = await RawConnection.open(server.port, secure)
      connection.stall()
      await connection.head('GET', target)
      return connection
    })))
  }
  return connections
}

/** Until the servers have nothing more to do: what clients and kernels take is sent. */
async function quiet(servers: readonly RunningServer[]): Promise<void> {
  const cpu = (): number => servers.reduce((sum, { process: { pid } }) => {
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
    return sum + Number(fields[11]) + Number(fields[12])
  }, 0)
  for (let before = -100; cpu() - before > 10;) {
    before = cpu()
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
}

async function fill(port: number): Promise<void> {
  const client = new HttpClient(port)
  await client.request('PUT', bucket)
  await client.request('PUT', `${bucket}/big`, Buffer.alloc(32 * mib, 'big '))
  const name = 'k'.repeat(200)
  await Promise.all(Array.from({ length: 1000 }, (_, n) => client.request('PUT', `${bucket}/list/${name}${String(n)}`, 'x')))
  client.close()
}

t.test('over http', async (t) => {
  const data = t.testdir()
  const server = await startServer(data)
  t.teardown(() => server.kill())
  await fill(server.port)
  const client = new HttpClient(server.port, 1)
  t.equal((await client.request('GET', `${bucket}/big`)).status, 200)
  const before = descriptorsOf(server.process.pid ?? 0)
  const peak = new MemoryPeak(server.process.pid ?? 0)
  const connections = await stall(server, `${bucket}/big`, false)
  await quiet([server])
  const figures = peak.stop()
  t.comment(figures)
  t.ok(peak.anon <= ceiling, figures)
  t.equal((await client.request('GET', `${bucket}/big`)).body.length, 32 * mib, 'others are served')
  t.ok(await eventually(() => descriptorsOf(server.process.pid ?? 0).length <= before.length, 90_000), 'all are cut off in the end')
  t.equal((await client.request('HEAD', `${bucket}/big`)).status, 200)
  client.close()
  await Promise.all(connections.map((connection) => connection.breakOff('rst')))
  t.equal(await server.stop(), 0)
})

t.test('over https, and of listings', async (t) => {
  const data = t.testdir()
  const plain = await startServer(join(data, 'data'))
  await fill(plain.port)
  await plain.stop()
  const { cert, key } = selfSigned()
  writeFileSync(join(data, 'cert'), cert)
  writeFileSync(join(data, 'key'), key, { mode: 0o600 })
  for (const target of [`${bucket}/big`, `${bucket}?list-type=2`]) {
    const server = await startServer(join(data, 'data'), ['--tls-cert', join(data, 'cert'), '--tls-key', join(data, 'key')])
    t.teardown(() => server.kill())
    const peak = new MemoryPeak(server.process.pid ?? 0)
    const connections = await stall(server, target, true)
    await quiet([server])
    const figures = peak.stop()
    t.comment(`${target}: ${figures}`)
    t.ok(peak.anon <= secureCeiling, `${target}: ${figures}`)
    await Promise.all(connections.map((connection) => connection.breakOff('fin')))
    t.equal(await server.stop(), 0)
  }
})
