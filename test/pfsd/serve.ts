import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { grpc } from '../../lib/pfs/transports/grpc'
import { serve } from '../../lib/pfsd/serve'
import type { Service } from '../../lib/pfsd/service'
import { RpcClient } from '../support/rpc-client'
import { add, master, refusal, repo, testPfsd, type TestPfsd } from '../support/test-pfsd'

const doomed = join(__dirname, '../fixtures/pfsd/doomed-client.cjs')

async function over(test: TestPfsd, t: Test): Promise<RpcClient> {
  const { port } = await test.pfsd.serve('127.0.0.1:0')
  const transport = grpc(`grpc://127.0.0.1:${port}`)
  t.teardown(() => transport.close())
  return new RpcClient(transport)
}

t.test('both ways of calling give the same answers and failures', async (t) => {
  const test = await testPfsd(t)
  const client = await over(test, t)
  const parts = { sizes: [1, 2], checksum_algorithm: 'CRC32', checksums: [Buffer.from([1]), Buffer.from([2])] }
  const { metadata } = await client.upload('/pfs_v2.API/ModifyFile', [
    { set_commit: master }, add('/a', 'abc', { attributes: { entries: { k: 'v' }, parts } }), add('/ü/😀', Buffer.alloc(600_000, 7)),
  ])
  t.equal(metadata['pfs-commit-id'], await test.head())
  t.match(metadata['pfs-commit-time'], /^\d+$/)
  const commit = { repo, id: metadata['pfs-commit-id'] ?? '' }
  const calls: ReadonlyArray<readonly [string, object]> = [
    ['/pfs_v2.API/InspectBranch', { branch: { repo, name: 'master' } }],
    ['/pfs_v2.API/InspectBranch', { branch: { repo, name: 'nope' } }],
    ['/pfs_v2.API/GlobFile', { commit, pattern: '**' }],
    ['/pfs_v2.API/GlobFile', { commit: { repo, id: '1'.repeat(32) }, pattern: '**' }],
    ['/pfs_v2.API/InspectFile', { file: { commit: master, path: '/missing ü' } }],
    ['/pfs_v2.API/ListCommit', { repo }],
    ['/pfs_v2.API/GetFile', { file: { commit, path: '/a' }, offset: 1, length: 1 }],
    ['/pfs_extension.API/List', { repo: 'r', commit_id: commit.id, delimiter: '/', prefix: '/' }],
    ['/pfs_extension.API/Capabilities', {}],
    ['/auth_v2.API/WhoAmI', {}],
    ['/grpc.health.v1.Health/Check', {}],
  ]
  const outcome = (client: RpcClient, [path, request]: readonly [string, object]): Promise<unknown> => (
    client.call(path, request).catch((error: { code: number, details: string }) => `${error.code} ${error.details}`))
  for (const call of calls) t.same(await outcome(client, call), await outcome(test.client, call), call[0])
  const content = await client.list('/pfs_v2.API/GetFile', { file: { commit, path: '/ü/😀' } })
  t.ok(Buffer.concat(content.map((message) => message.value ?? Buffer.alloc(0))).equals(Buffer.alloc(600_000, 7)))
  t.match(await refusal(client.upload('/pfs_v2.API/ModifyFile', [{ set_commit: master }, {}])), { code: 2, details: 'unrecognized message type' })
})

t.test('a message may be as long as pachd lets it be, and no longer', async (t) => {
  const test = await testPfsd(t)
  const client = await over(test, t)
  const long = (bytes: number): Promise<unknown> => client.upload('/pfs_v2.API/CreateFileSet', [add('/a', Buffer.alloc(bytes))])
  t.match(await long(20_970_520), { response: { file_set_id: /^[0-9a-f]{32}$/ } })
  t.equal((await refusal(long(20_971_521))).code, 8)
})

t.test('many client streams of one connection end at once', async (t) => {
  const test = await testPfsd(t)
  const client = await over(test, t)
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => client.upload('/pfs_v2.API/CreateFileSet', [add('/a', String(i))])))
  t.equal(new Set(answers.map(({ response }) => response.file_set_id)).size, 40)
})

/** A server whose ModifyFile tells of each call when all of its messages are there, and what became of it. */
class Watched {
  begun: () => void = () => undefined
  over: (outcome: 'ended' | 'aborted') => void = () => undefined
  readonly service: Service

  constructor(modify: NonNullable<Service['/pfs_v2.API/ModifyFile']>, messages: number) {
    this.service = {
      '/pfs_v2.API/ModifyFile': (context) => {
        const inlet = modify(context)
        let left = messages
        return {
          message: (message) => {
            if (--left === 0) this.begun()
            return inlet.message(message)
          },
          end: () => {
            this.over('ended')
            return inlet.end()
          },
          abort: () => {
            this.over('aborted')
            inlet.abort()
          },
        }
      },
    }
  }
}

for (const end of ['kill', 'cancel', 'stall']) {
  t.test(`a client that ends in ${end} commits nothing`, async (t) => {
    const test = await testPfsd(t)
    await test.modify([add('/whole', 'x')])
    const head = await test.head()
    const modify = test.pfsd.service['/pfs_v2.API/ModifyFile']
    if (modify === undefined) throw new Error('there is no ModifyFile')
    const watched = new Watched(modify, 5)
    const served = await serve(watched.service, '127.0.0.1:0')
    t.teardown(() => served.close())
    for (let i = 0; i < 4; i++) {
      const begun = new Promise<void>((resolve) => { watched.begun = resolve })
      const over = new Promise<string>((resolve) => { watched.over = resolve })
      const child = spawn(process.execPath, [doomed, `127.0.0.1:${served.port}`], { stdio: ['pipe', 'inherit', 'inherit'] })
      const gone = new Promise((resolve) => child.on('exit', resolve))
      await begun
      if (end === 'kill') child.kill('SIGKILL')
      else child.stdin.write(`${end}\n`)
      t.equal(await over, 'aborted')
      if (end !== 'kill') child.stdin.end()
      await gone
    }
    t.equal(await test.head(), head)
    t.same(await test.paths(), ['/whole'])
  })
}

t.test('a reader that stops makes the server stop, within what the window and a few messages hold', async (t) => {
  const block = 256 * 1024
  const blocks = 64
  let sent = 0
  const served = await serve({
    '/pfs_v2.API/GetFile': async (_request, out) => {
      for (; sent < blocks && !out.cancelled; sent++) await out.send({ value: Buffer.alloc(block) })
    },
  }, '127.0.0.1:0')
  const transport = grpc(`grpc://127.0.0.1:${served.port}`)
  t.teardown(async () => {
    transport.close()
    await served.close()
  })
  const source = transport.serverStream('/pfs_v2.API/GetFile', {})
  let taken = 0
  let pausing = true
  const ended = new Promise<void>((resolve, reject) => {
    source.start({ data: () => { taken++; return !pausing }, end: resolve, fail: reject })
  })
  for (let before = -1; taken === 0 || sent !== before; await new Promise((resolve) => setTimeout(resolve, 200))) before = sent
  t.ok(sent * block <= 3 * 1024 * 1024, `${sent} messages are on their way`)
  pausing = false
  source.resume()
  await ended
  t.equal(taken, blocks)
})

t.test('closing lets go of clients that stay', async (t) => {
  const test = await testPfsd(t)
  const client = await over(test, t)
  const stream = client.transport.clientStream('/pfs_v2.API/ModifyFile')
  await stream.send({ set_commit: master })
  await test.pfsd.close()
  await t.rejects(stream.end())
  t.teardown(() => undefined)
})
