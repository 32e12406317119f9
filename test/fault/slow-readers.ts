import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { selfSigned } from '../support/certificate'
import { HttpClient } from '../support/http-client'
import { descriptorsOf, eventually } from '../support/process-census'
import { RawConnection } from '../support/raw-connection'
import { startServer } from '../support/server'

/**
 * Clients that read slowly, and pause for seconds in between: the kernel holds so much for them that for half a minute nothing
 * more is written. Those that have stopped are given up by then; these get all that they asked for.
 */
const bucket = '/master.slow'
const bytes = 16 * 1024 * 1024
const readers = 20

class SlowReader {
  private readonly connection: RawConnection
  private received = 0
  private ended = false
  private readonly timer: NodeJS.Timeout

  private constructor(connection: RawConnection) {
    const { socket } = connection
    this.connection = connection
    socket.removeAllListeners('data')
    socket.on('readable', () => undefined)
    for (const event of ['end', 'close']) socket.once(event, () => { this.ended = true })
    // A socket without an encoding reads buffers.
    this.timer = setInterval(() => { this.count(socket.read() as Buffer | null) }, 2500)
  }

  static async open(port: number, secure: boolean): Promise<SlowReader> {
    const connection = await RawConnection.open(port, secure)
    connection.stall()
    const reader = new SlowReader(connection)
    await connection.head('GET', `${bucket}/big`, { Connection: 'close' })
    return reader
  }

  private count(chunk: Buffer | null): void {
    this.received += chunk?.length ?? 0
  }

  /** Reads the rest at once; answers how much came in all, the head included. */
  async finish(): Promise<number> {
    const { socket } = this.connection
    clearInterval(this.timer)
    socket.removeAllListeners('readable')
    socket.on('data', (chunk: Buffer) => { this.count(chunk) })
    socket.resume()
    await eventually(() => this.ended)
    return this.received
  }
}

// Both wait for the same half a minute.
t.jobs = 2
for (const secure of [false, true]) {
  t.test(secure ? 'over https' : 'over http', async (t) => {
    const data = t.testdir()
    const filler = await startServer(join(data, 'data'))
    const client = new HttpClient(filler.port, 1)
    await client.request('PUT', bucket)
    await client.request('PUT', `${bucket}/big`, Buffer.alloc(bytes, 'big '))
    client.close()
    await filler.stop()
    const { cert, key } = selfSigned()
    writeFileSync(join(data, 'cert'), cert)
    writeFileSync(join(data, 'key'), key, { mode: 0o600 })
    const server = await startServer(join(data, 'data'), secure ? ['--tls-cert', join(data, 'cert'), '--tls-key', join(data, 'key')] : [])
    t.teardown(() => server.kill())
    const sockets = (): number => descriptorsOf(server.process.pid ?? 0).filter((name) => name.startsWith('socket')).length
    const before = sockets()
    const slow = await Promise.all(Array.from({ length: readers }, () => SlowReader.open(server.port, secure)))
    const stopped = await RawConnection.open(server.port, secure)
    stopped.stall()
    await stopped.head('GET', `${bucket}/big`)
    t.ok(await eventually(() => sockets() === before + readers + 1))
    t.ok(await eventually(() => sockets() <= before + readers, 90_000), 'who has stopped is given up')
    for (const received of await Promise.all(slow.map((reader) => reader.finish()))) t.ok(received > bytes, String(received))
    await stopped.breakOff('fin')
    t.equal(await server.stop(), 0)
  })
}
