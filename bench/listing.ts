import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { connect } from '../lib/pfs/pfs'
import { inProcess } from '../lib/pfs/transports/in-process'
import { openPfsd } from '../lib/pfsd/main'
import type { ModifyFileRequest } from '../lib/wire/messages'
import { elements, HttpClient } from '../test/support/http-client'
import { RpcClient } from '../test/support/rpc-client'
import { startServer } from '../test/support/server'

/**
 * What a page of a listing costs over HTTP, in buckets of 1,000 and of 1,000,000 objects: keys at the head, keys in the
 * middle, and common prefixes, each 1,000 to a page. All take turns in one run, and the last column is the ratio of the
 * large bucket to the small one. The buckets are filled through the embedded PFS server, 25,000 files to a commit.
 * Run: `tsx bench/listing.ts [--tiny]`.
 */
const tiny = process.argv.includes('--tiny')
const side = tiny ? 40 : 1000
const rounds = tiny ? 3 : 60
const filesPerCommit = 25_000

const name = (letter: string, n: number): string => letter + String(n).padStart(3, '0')

/** Keys of `directories` × `files`, in order. */
function* keysOf(directories: readonly number[], files: number): Generator<string> {
  for (const directory of directories) for (let file = 0; file < files; file++) yield `${name('d', directory)}/${name('k', file)}`
}

async function fill(rpcs: RpcClient, repo: string, keys: Iterable<string>): Promise<void> {
  const named = { name: repo, type: 'user', project: { name: 'default' } }
  const target: ModifyFileRequest = { set_commit: { repo: named, branch: { name: 'master', repo: named } } }
  const attributes = { entries: { 'd:md5': '5d41402abc4b2a76b9719d911017c592' } }
  const content = Buffer.from('hello')
  let messages = [target]
  for (const key of keys) {
    messages.push({ add_file: { path: `/${key}`, raw: { value: content }, attributes } })
    if (messages.length <= filesPerCommit) continue
    await rpcs.upload('/pfs_v2.API/ModifyFile', messages)
    messages = [target]
  }
  await rpcs.upload('/pfs_v2.API/ModifyFile', messages)
}

async function main(): Promise<void> {
  const directory = fs.mkdtempSync(join(os.tmpdir(), 'listing-'))
  try {
    const pfsd = await openPfsd({ directory, paths: 's3' })
    const transport = inProcess(pfsd.service)
    const pfs = await connect(transport)
    const rpcs = new RpcClient(transport)
    const all = Array.from({ length: side }, (_, n) => n)
    const began = performance.now()
    const fillings = { narrow: keysOf([side / 2], side), wide: keysOf(all, 1), large: keysOf(all, side) }
    for (const [repo, keys] of Object.entries(fillings)) {
      await pfs.createBucket(`master.${repo}`)
      await fill(rpcs, repo, keys)
    }
    await pfsd.close()
    console.log(`filled with ${String(side * side)} objects in ${((performance.now() - began) / 1000).toFixed(1)} s`)
    await measure(directory)
  } finally {
    fs.rmSync(directory, { recursive: true })
  }
}

async function measure(directory: string): Promise<void> {
  const server = await startServer(directory)
  const client = new HttpClient(server.port, 1)
  const page = `list-type=2&max-keys=${String(side)}`
  const middle = `${page}&start-after=${name('d', side / 2 - 1)}/z`
  const pairs: [what: string, small: string, large: string, element: string][] = [
    ['keys at the head', `/master.narrow?${page}`, `/master.large?${page}`, 'Key'],
    ['keys in the middle', `/master.narrow?${middle}`, `/master.large?${middle}`, 'Key'],
    ['common prefixes', `/master.wide?${page}&delimiter=/`, `/master.large?${page}&delimiter=/`, 'Prefix'],
  ]
  const one = async (target: string, element: string): Promise<number> => {
    const start = performance.now()
    const { status, body } = await client.request('GET', target)
    const us = (performance.now() - start) * 1000
    const found = elements(body, element).filter((text) => text !== '').length
    if (status !== 200 || found !== side) throw new Error(`${target} answered ${String(status)} with ${String(found)} of ${String(side)}`)
    return us
  }
  console.log(`${'µs a page of ' + String(side)} at ${String(side)} and at ${String(side * side)} objects, median`)
  for (const [what, small, large, element] of pairs) {
    const times: [number[], number[]] = [[], []]
    for (let round = -5; round < rounds; round++) {
      const [a, b] = [await one(small, element), await one(large, element)]
      if (round < 0) continue
      times[0].push(a)
      times[1].push(b)
    }
    const [a, b] = [median(times[0]), median(times[1])]
    console.log(`${what.padEnd(20)} ${a.toFixed(0).padStart(7)} ${b.toFixed(0).padStart(7)}  ratio ${(b / a).toFixed(2)}`)
  }
  client.close()
  await server.stop()
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
