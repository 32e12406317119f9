import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sha256, Signer } from '../test/support/sign'
import { figuresOf, run, type Run, type Shot, type Target, usage } from './support/load'

/**
 * The whole pipe, signed and hashed, against a bare node server that discards or sends as many bytes, in one run:
 * `npm run bench`, or with `--tiny` a few requests of each kind. A large PUT's floor is a pipe through MD5 and SHA-256 into a
 * synced file, for on a virtual machine the first use of a page of memory, such as a file's, can cost more than all else
 * (`bench/machine.ts` shows it). Absolute figures are those of the machine and its neighbours; the ratios are what can be
 * compared. So each phase is run in rounds, in which either server goes first in turn. Costs are the medians of the rounds, for a
 * neighbour's burst falls upon one server of one round; beside the ratio stand the lowest and the highest. Both servers are warmed
 * up before each phase: thousands of requests pass before their code is compiled, and what was compiled for one kind of request is
 * compiled again for the next. 'GET first' reads what nobody read before, the other GETs what is read again and again. A word or
 * more select phases:
 * `npm run bench -- 'GET 64 MiB'`. All of it takes 30 GiB of disk.
 */
const tiny = process.argv.includes('--tiny')
const keyId = 'bench'
const secret = 'bench-secret'
const bucket = '/master.bench.tests'
const small = 4 * 1024
/** Phases of this name are not reported. */
const warmUp = 'warm-up'
/** The bare server's answer to a listing: as many bytes. */
const pagePath = '/page-size-240000'
const large = tiny ? 1024 * 1024 : 64 * 1024 * 1024
const selected = process.argv.slice(2).filter((word) => !word.startsWith('--'))

/**
 * What 64 clients should cost: microseconds an operation, or seconds a GiB, where the bare server takes `bare` on a machine of
 * two quiet cores (a pipe into a file 2.75 s/GiB, from memory 0.28, an operation of 4 KiB 39 and 29 us, one as long as a page of
 * a listing 180 us). The ratio of the two is the mark on any other.
 */
const marks: Readonly<Record<string, { readonly cost: number, readonly bare: number }>> = {
  'PUT 4 KiB': { cost: 300, bare: 39 },
  'GET first': { cost: 120, bare: 29 },
  'GET 4 KiB': { cost: 120, bare: 29 },
  'LIST 1,000': { cost: 5000, bare: 180 },
  'PUT 64 MiB': { cost: 3, bare: 2.75 },
  'GET 64 MiB': { cost: 0.6, bare: 0.28 },
}

async function start(command: readonly string[]): Promise<{ target: Target, process: ChildProcess }> {
  const child = spawn(process.execPath, command, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => { reject(new Error(`${command.join(' ')} exited with ${String(code)}`)) })
  })
  return { process: child, target: { name: command[0] ?? '', port: Number(/:(\d+)$/.exec(line)?.[1]), pid: child.pid ?? 0 } }
}

/** Bytes of a body, requests at once, requests in a round, and rounds. */
interface Load { readonly bytes: number, readonly concurrency: number, readonly count: number, readonly rounds?: number }

interface Phase {
  readonly name: string
  readonly bytes: number
  readonly concurrency: number
  readonly rounds: number
  readonly shots: readonly Shot[]
  readonly bare: readonly Shot[]
}

function phases(signer: Signer, host: string): Phase[] {
  const bodies = new Map([[small, Buffer.alloc(small, 'x')], [large, Buffer.alloc(large, 'x')]])
  const hashes = new Map([...bodies].map(([size, body]) => [size, sha256(body)]))
  const empty = sha256('')
  const shot = (method: string, path: string, size?: number): Shot => ({
    method, path,
    headers: signer.sign(method, path, size === undefined ? empty : hashes.get(size) ?? empty, { host }),
    ...size === undefined ? {} : { body: bodies.get(size) ?? Buffer.alloc(0) },
  })
  const times = (count: number, make: (i: number) => Shot): Shot[] => Array.from({ length: tiny ? Math.min(count, 20) : count }, (_, i) => make(i))
  const found: Phase[] = []
  const add = (name: string, { bytes, concurrency, count, rounds = 5 }: Load, make: (i: number) => Shot, barePath?: string): void => {
    found.push({
      name, bytes, concurrency, rounds: tiny || name === warmUp ? 1 : rounds, shots: times(count, make),
      bare: times(count, (i) => ({ ...make(i), headers: {}, ...barePath === undefined ? {} : { path: barePath } })),
    })
  }
  const warm = (method: string, concurrency: number, count: number, size?: number): void => {
    add(warmUp, { bytes: 0, concurrency, count }, (i) => shot(method, `${bucket}/warm/k${String(i)}-size-${String(small)}`, size))
  }
  warm('PUT', 16, 12_000, small)
  const big = (i: number): string => `${bucket}/large/${String(i)}-size-${String(large)}`
  add(warmUp, { bytes: large, concurrency: 16, count: 16 }, (i) => shot('PUT', big(i), large), '/stored')
  for (const concurrency of [1, 16, 64]) {
    const key = (i: number): string => `${bucket}/c${String(concurrency)}/k${String(i).padStart(5, '0')}-size-${String(small)}`
    const count = concurrency === 1 ? 400 : 3000
    warm('PUT', concurrency, 4 * count, small)
    add('PUT 4 KiB', { bytes: small, concurrency, count }, (i) => shot('PUT', key(i), small))
    warm('GET', concurrency, 4 * count)
    add('GET first', { bytes: small, concurrency, count, rounds: 1 }, (i) => shot('GET', key(i)))
    add(warmUp, { bytes: 0, concurrency, count }, (i) => shot('GET', key(i)))
    add('GET 4 KiB', { bytes: small, concurrency, count }, (i) => shot('GET', key(i)))
    warm('HEAD', concurrency, 4 * count)
    add('HEAD', { bytes: 0, concurrency, count }, (i) => shot('HEAD', key(i)))
    const listed = (): Shot => shot('GET', `${bucket}?list-type=2&prefix=c${String(concurrency)}%2F`)
    add(warmUp, { bytes: 0, concurrency, count: 100 }, listed, pagePath)
    add('LIST 1,000', { bytes: 0, concurrency, count: concurrency === 1 ? 100 : 300 }, listed, pagePath)
    const many = Math.max(concurrency, 8)
    add('PUT 64 MiB', { bytes: large, concurrency, count: many }, (i) => shot('PUT', big(i), large), '/stored')
    add(warmUp, { bytes: large, concurrency, count: 8 }, (i) => shot('GET', big(i)))
    add('GET 64 MiB', { bytes: large, concurrency, count: many }, (i) => shot('GET', big(i)))
    // A second round would find nothing to delete.
    add('DELETE', { bytes: 0, concurrency, count, rounds: 1 }, (i) => shot('DELETE', key(i)))
  }
  return found
}

/** Microseconds an operation, or seconds a GiB of large bodies. */
function cost(phase: Phase, seconds: number, operations: number): number {
  return phase.bytes === large ? seconds / (operations * large / 1024 ** 3) : seconds / operations * 1e6
}

/** The server's CPU time beside what the bare server took: medians of the rounds, and the lowest and highest ratio of one. */
function cpu(phase: Phase, ours: readonly Run[], bare: readonly Run[]): string {
  const text = (value: number): string => value.toFixed(phase.bytes === large ? 2 : 0)
  const taken = (run: Run): number => cost(phase, run.cpuSeconds, run.timesMs.length)
  const ratios = ours.map((run, i) => run.cpuSeconds / (bare[i]?.cpuSeconds ?? 0)).filter(Number.isFinite)
  const [all, floor, ratio] = [median(ours.map(taken)), median(bare.map(taken)), median(ratios)]
  const spread = ratios.length > 1 ? ` [${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}]` : ''
  const unit = phase.bytes === large ? 's/GiB' : 'us/op'
  const system = text(median(ours.map((run) => cost(phase, run.systemSeconds, run.timesMs.length))))
  return `CPU ${text(all)} ${unit} (${system} system), ${ratio.toFixed(2)}${spread} of bare ${text(floor)}${verdict(phase, all, ratio)}`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

function verdict(phase: Phase, taken: number, ratio: number): string {
  const mark = phase.concurrency === 64 && !tiny ? marks[phase.name] : undefined
  if (mark === undefined) return ''
  const ratioMark = mark.cost / mark.bare
  const met = taken <= mark.cost ? 'met' : ratio <= ratioMark ? 'met as a ratio' : 'missed'
  return `; mark ${String(mark.cost)}, ${ratioMark.toFixed(2)} of bare: ${met}`
}

function row(phase: Phase, ours: readonly Run[], bare: readonly Run[]): string {
  const figures = figuresOf(ours)
  const cells = [phase.name.padEnd(11), `c=${String(phase.concurrency)}`.padEnd(5), `${figures.perSecond.toFixed(0)}/s`.padStart(9),
    `${(figures.perSecond / figuresOf(bare).perSecond).toFixed(3)} of bare`.padStart(15), `p50 ${figures.p50Ms.toFixed(2)} ms`.padStart(15),
    `p99 ${figures.p99Ms.toFixed(2)} ms`.padStart(16), cpu(phase, ours, bare)]
  return cells.join('  ')
}

/** Runs a phase on both, either one first in turn. */
async function alternate(phase: Phase, ours: Target, bare: Target): Promise<{ ours: Run[], bare: Run[] }> {
  const runs: { ours: Run[], bare: Run[] } = { ours: [], bare: [] }
  for (let round = 0; round < phase.rounds; round++) {
    const turns = [
      async () => runs.bare.push(await run(bare, phase.bare, phase.concurrency)),
      async () => runs.ours.push(await run(ours, phase.shots, phase.concurrency)),
    ]
    if (round % 2 === 1) turns.reverse()
    for (const turn of turns) await turn()
  }
  return runs
}

/** What is read must have been written, and both servers must be warm. */
function isWanted({ name, bytes }: Phase): boolean {
  if (selected.length > 0 && bytes === large && !selected.some((word) => word.endsWith('64 MiB'))) return false
  return selected.length === 0 || name === warmUp || name.startsWith('PUT') || selected.includes(name)
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'pfs-s3-bench-'))
  const keys = join(directory, 'keys.json')
  writeFileSync(keys, JSON.stringify({ keys: [{ id: keyId, secret, name: 'bench' }], anonymous: 'none' }), { mode: 0o600 })
  const flags = ['--listen', '127.0.0.1:0', '--data', join(directory, 'data'), '--keys', keys, '--log-level', 'warn']
  const ours = await start([join(__dirname, '../lib/server.js'), ...flags])
  const bare = await start(['--import', 'tsx', join(__dirname, 'support/bare-server.ts'), directory])
  try {
    const signer = new Signer(keyId, secret)
    const host = `127.0.0.1:${String(ours.target.port)}`
    await run(ours.target, [{ method: 'PUT', path: bucket, headers: signer.sign('PUT', bucket, sha256(''), { host }) }], 1)
    for (const phase of phases(signer, host).filter(isWanted)) {
      const runs = await alternate(phase, ours.target, bare.target)
      if (phase.name === warmUp) continue
      const { rssMiB, anonymousMiB } = usage(ours.target.pid)
      process.stdout.write(`${row(phase, runs.ours, runs.bare)}  RSS ${rssMiB.toFixed(0)} MiB, anonymous ${anonymousMiB.toFixed(0)}\n`)
    }
  } finally {
    for (const { process: child } of [ours, bare]) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    }
    rmSync(directory, { recursive: true })
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
  process.exit(1)
})
