import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setUpEngine } from '../../../lib/engine'
import type { Part, Pfs, Upload } from '../../../lib/pfs/contract'
import { inProcess } from '../../../lib/pfs/transports/in-process'
import { connect } from '../../../lib/pfs/pfs'
import { openPfsd } from '../../../lib/pfsd/main'
import { counting } from '../../../test/support/counting'

/**
 * What a multipart upload of 10,000 small parts costs beside their bytes, on the embedded server: each part among 64 at once,
 * a listing of all, and the completion. `--tiny` makes it 200 parts, to show that it still runs.
 */
setUpEngine()
const count = process.argv.includes('--tiny') ? 200 : 10_000
const writers = 64
const bucket = 'master.bench'
const bytes = Buffer.alloc(1000)
const md5 = createHash('md5').update(bytes).digest()

async function putPart(pfs: Pfs, upload: Upload, number: number): Promise<Part> {
  const stage = pfs.stage({ length: bytes.length, fileSet: true })
  await stage.write(bytes)
  return pfs.uploads.putPart(upload, { number, size: bytes.length, md5, checksums: { CRC32: Buffer.alloc(4) }, staged: await stage.finish() })
}

async function report<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
  const began = performance.now()
  const result = await run()
  console.log(`${name}: ${(performance.now() - began).toFixed(0)} ms`)
  return result
}

async function run(pfs: Pfs): Promise<void> {
  await pfs.createBucket(bucket)
  const upload = await pfs.uploads.create(bucket, 'k', { entries: {} })
  let next = 0
  await report(`${count} parts, ${writers} at once`, () => Promise.all(Array.from({ length: writers }, async () => {
    while (next < count) await putPart(pfs, upload, ++next)
  })))
  const { parts } = await report('list the parts', () => pfs.uploads.parts(upload, 0, count))
  const attributes = { entries: {}, parts: { numbers: parts.map(({ number }) => number), sizes: parts.map(({ size }) => size) } }
  await report('complete', () => pfs.uploads.complete(upload, { parts, attributes, digest: 'bench' }))
  const stat = await pfs.stat(await pfs.snapshot(bucket), 'k')
  console.log(`an object of ${stat?.size ?? 0} bytes in ${stat?.attributes?.parts?.sizes.length ?? 0} parts`)
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'pfs-bench-'))
  const server = await openPfsd({ directory, paths: 's3' })
  const rpcs = counting(inProcess(server.service))
  await run(await connect(rpcs, { alone: true }))
  console.log(`${rpcs.take()['ModifyFile'] ?? 0} commits`)
  await server.close()
  await rm(directory, { recursive: true })
}

void main()
