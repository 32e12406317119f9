import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setUpEngine } from '../../lib/engine'
import type { ByteSource } from '../../lib/kit/byte-source'
import type { Pfs } from '../../lib/pfs/contract'
import { grpc } from '../../lib/pfs/transports/grpc'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { connect } from '../../lib/pfs/pfs'
import { openPfsd } from '../../lib/pfsd/main'
import { counting, type Counting } from '../../test/support/counting'

/**
 * What the contract costs on the embedded server, in process and over gRPC (server and client in this one process): CPU and
 * wall time of a call, and how many commits many writers share. `--tiny` runs each once, to show that it still runs.
 */
setUpEngine()
const tiny = process.argv.includes('--tiny')
const small = Buffer.alloc(4096)
const chunk = Buffer.alloc(64 * 1024)
const largeChunks = tiny ? 16 : 1024

async function report(name: string, times: number, run: () => Promise<unknown>): Promise<void> {
  if (!tiny) await run()
  const before = process.cpuUsage()
  const began = performance.now()
  await run()
  const wall = (performance.now() - began) * 1000 / times
  const { user, system } = process.cpuUsage(before)
  console.log(`${name}: ${((user + system) / times).toFixed(1)} us of CPU, ${wall.toFixed(1)} us`)
}

function drain(source: ByteSource): Promise<void> {
  return new Promise((resolve, reject) => source.start({ data: () => true, end: resolve, fail: reject }))
}

async function put(pfs: Pfs, bucket: string, key: string, chunks: readonly Buffer[]): Promise<void> {
  const stage = pfs.stage({ length: chunks.reduce((sum, { length }) => sum + length, 0) })
  for (const bytes of chunks) await stage.write(bytes)
  await pfs.write(bucket, { edits: [{ kind: 'put', key, content: await stage.finish(), attributes: { entries: { md5: 'x'.repeat(32) } } }] })
}

async function run(kind: string, rpcs: Counting): Promise<void> {
  const pfs = await connect(rpcs)
  const bucket = `${kind}.bench`
  await pfs.createBucket(bucket)
  await put(pfs, bucket, 'small', [small])
  await put(pfs, bucket, 'large', Array.from({ length: largeChunks }, () => chunk))
  const at = await pfs.snapshot(bucket)
  const [one, large] = [await pfs.stat(at, 'small'), await pfs.stat(at, 'large')]
  if (one === undefined || large === undefined) throw new Error('both are there')
  const times = tiny ? 10 : 5000
  const repeat = async (work: (i: number) => Promise<unknown>): Promise<void> => { for (let i = 0; i < times; i++) await work(i) }
  let next = 0
  await report(`${kind}: resolve a head`, times, () => repeat(() => pfs.snapshot(bucket)))
  await report(`${kind}: look up a file`, times, () => repeat(() => pfs.stat(at, `${next++}`)))
  await report(`${kind}: read 4 KiB`, times, () => repeat(() => drain(pfs.read(one, 0, one.size))))
  rpcs.take()
  const writers = tiny ? 4 : 64
  await report(`${kind}: put 4 KiB, ${writers} writers`, writers * 100, () => Promise.all(Array.from({ length: writers }, async () => {
    for (let i = 0; i < 100; i++) await put(pfs, bucket, `k${next++}`, [small])
  })))
  console.log(`${kind}: ${rpcs.take()['ModifyFile'] ?? 0} commits`)
  const mebibytes = largeChunks / 16
  await report(`${kind}: put a large body, a MiB`, mebibytes, () => put(pfs, bucket, 'large', Array.from({ length: largeChunks }, () => chunk)))
  await report(`${kind}: read a large body, a MiB`, mebibytes, () => drain(pfs.read(large, 0, large.size)))
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'pfs-bench-'))
  const server = await openPfsd({ directory, paths: 's3' })
  await run('in-process', counting(inProcess(server.service)))
  const remote = counting(grpc(`grpc://127.0.0.1:${(await server.serve('127.0.0.1:0')).port}`))
  await run('grpc', remote)
  remote.close()
  await server.close()
  await rm(directory, { recursive: true, force: true })
}

void main()
