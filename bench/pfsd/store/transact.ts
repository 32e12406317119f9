import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openStore } from '../../../lib/pfsd/store/open-store'
import type { Store } from '../../../lib/pfsd/store/store'

/**
 * What a durable transaction costs: one row and a blob of 4 KiB, one after the other and 64 at a time, beside a bare append
 * and fdatasync of the same bytes. All three take turns in one run, since only their ratio says much on a shared machine.
 * Run: `tsx bench/pfsd/store/transact.ts [--tiny] [--data DIRECTORY]`.
 */
const tiny = process.argv.includes('--tiny')
const rounds = tiny ? 2 : 10
const serialCount = tiny ? 5 : 300
const parallelCount = tiny ? 64 : 6400
const lanes = 64
const blob = Buffer.alloc(4096, 7)

async function main(): Promise<void> {
  const at = process.argv.indexOf('--data')
  const directory = fs.mkdtempSync(join(at === -1 ? os.tmpdir() : process.argv[at + 1] ?? '.', 'transact-'))
  const store = await openStore(join(directory, 'store'))
  const file = fs.openSync(join(directory, 'bare'), 'w')
  try {
    const bare: number[] = []
    const serial: number[] = []
    let parallelMs = 0
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < serialCount; i++) bare.push(await timed(() => append(file)))
      for (let i = 0; i < serialCount; i++) serial.push(await timed(() => put(store, i)))
      parallelMs += await timed(async () => {
        let next = 0
        const lane = async (): Promise<void> => {
          while (next < parallelCount) await put(store, next++)
        }
        await Promise.all(Array.from({ length: lanes }, lane))
      })
    }
    report('bare append + fdatasync', bare, median(bare))
    report('transaction, serial', serial, median(bare))
    const count = rounds * parallelCount
    const each = parallelMs * 1000 / count
    console.log(`transaction, ${lanes} at a time: ${each.toFixed(0)} us each, ${(1e6 / each).toFixed(0)}/s`)
  } finally {
    fs.closeSync(file)
    await store.close()
    fs.rmSync(directory, { recursive: true })
  }
}

function put(store: Store, n: number): Promise<void> {
  return store.transact((tx) => {
    const id = tx.addBlob(blob)
    tx.putBranch({ id, repo: 1, name: `branch ${n % 1000}`, head: id, created: tx.now })
  })
}

function append(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.write(file, blob, (error) => {
      if (error !== null) return reject(error)
      fs.fdatasync(file, (failure) => failure === null ? resolve() : reject(failure))
    })
  })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}

function report(what: string, times: number[], base: number): void {
  const middle = median(times)
  const late = times[Math.floor(times.length * 0.99)] ?? 0
  console.log(`${what}: p50 ${(middle * 1000).toFixed(0)} us, p99 ${(late * 1000).toFixed(0)} us, ${(middle / base).toFixed(2)}x bare`)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
