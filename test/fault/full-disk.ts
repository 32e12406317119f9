import { spawnSync } from 'node:child_process'
import { appendFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { elements, HttpClient } from '../support/http-client'
import { filesBelow } from '../support/process-census'
import { startServer } from '../support/server'

/**
 * A disk that fills up under the server, and empties again: writes are refused as such, reads go on, and writes succeed when
 * there is room. The disk is a small file system of the server's own, reached from here through the process.
 */
const bucket = '/master.full'
const mib = 1024 * 1024
const mount = (path: string): string[] => ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=200m tmpfs "$0" && exec "$@"', path]

t.test('a full disk', async (t) => {
  const disk = t.testdir()
  const [command = '', ...words] = [...mount(disk), 'true']
  const tried = spawnSync(command, words, { encoding: 'utf8' })
  if (tried.status !== 0) {
    t.fail('this test needs `unshare -rm` and a tmpfs of its own', { error: tried.error?.message ?? tried.stderr })
    return
  }
  const server = await startServer(join(disk, 'data'), [], { launcher: mount(disk) })
  const inside = join(`/proc/${String(server.process.pid)}/root`, disk)
  const client = new HttpClient(server.port)
  const large = Buffer.alloc(3 * mib, 'large')
  const put = async (key: string, body: Buffer | string) => client.request('PUT', `${bucket}/${key}`, body)
  const free = (): number => { const { bavail, bsize } = statfsSync(inside); return bavail * bsize }
  const fillTo = (bytes: number): void => { appendFileSync(join(inside, 'filler'), Buffer.alloc(Math.max(0, free() - bytes))) }
  t.equal((await client.request('PUT', bucket)).status, 200)
  t.equal((await put('small', 'as it was')).status, 200)
  t.equal((await put('large', large)).status, 200)

  // First there is less than the index needs in reserve, then nothing at all.
  for (const left of [32 * mib, 0]) {
    fillTo(left)
    const before = filesBelow(join(inside, 'data'))
    const writes = await Promise.all([
      put('small', 'as it must not be'), put('large', large.subarray(1)), put('new', 'new'), put('new-large', large),
      client.request('DELETE', `${bucket}/small`), client.request('PUT', '/master.full2'),
      ...Array.from({ length: 24 }, (_, n) => put(`more${String(n)}`, Buffer.alloc(n % 2 === 0 ? 2000 : mib))),
    ])
    for (const answer of writes) {
      t.equal(answer.status, 507)
      t.equal(elements(answer.body, 'Code')[0], 'InsufficientStorage')
    }
    t.equal((await client.request('GET', `${bucket}/small`)).body.toString(), 'as it was')
    t.ok((await client.request('GET', `${bucket}/large`)).body.equals(large))
    t.same(elements((await client.request('GET', `${bucket}?list-type=2`)).body, 'Key'), ['large', 'small'])
    t.same(filesBelow(join(inside, 'data')), before, 'no part of a refused body stays')
  }

  rmSync(join(inside, 'filler'))
  t.equal((await put('small', 'as it is now')).status, 200, 'there is room again')
  t.equal((await put('new-large', large)).status, 200)
  t.equal((await client.request('GET', `${bucket}/small`)).body.toString(), 'as it is now')
  t.ok((await client.request('GET', `${bucket}/new-large`)).body.equals(large))

  // The disk fills while they write.
  const acknowledged: string[] = []
  let refused = 0
  await Promise.all(Array.from({ length: 8 }, async (_, writer) => {
    for (let turn = 0; turn < 24; turn++) {
      const key = `w${String(writer)}.${String(turn)}`
      const { status } = await put(key, Buffer.alloc(turn % 3 === 0 ? 3000 : 2 * mib, `${key};`))
      if (status === 200) acknowledged.push(key)
      else if (status === 507) refused++
      else t.fail(`${key}: ${String(status)}`)
    }
  }))
  t.ok(refused > 0 && acknowledged.length > 0, 'some found room, some did not')
  for (const key of acknowledged) {
    const { body } = await client.request('GET', `${bucket}/${key}`)
    if (body.length < 3000 || !body.equals(Buffer.alloc(body.length, `${key};`))) t.fail(`${key} was acknowledged and is not there`)
  }
  client.close()
  t.equal(await server.stop(), 0)
})
