import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { sha256, Signer } from '../test/support/sign'
import { type Figures, run, type Shot, type Target, usage } from './support/load'

/**
 * The whole pipe, signed and hashed, against a bare node server that discards or sends as many bytes, in turn in one run:
 * `npm run bench`, or with `--tiny` a few requests of each kind. A large PUT's floor is a pipe through MD5 and SHA-256 into a
 * synced file, for on a virtual machine the first use of a page of memory, such as a file's, can cost more than all else
 * (`bench/machine.ts` shows it). Absolute figures are those of the machine and its neighbours; the ratios are what can be
 * compared. Both servers are warmed up first: a thousand requests pass before their code is compiled. It takes 18 GiB of disk.
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

async function start(command: readonly string[]): Promise<{ target: Target, process: ChildProcess }> {
  const child = spawn(process.execPath, command, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => { reject(new Error(`${command.join(' ')} exited with ${String(code)}`)) })
  })
  return { process: child, target: { name: command[0] ?? '', port: Number(/:(\d+)$/.exec(line)?.[1]), pid: child.pid ?? 0 } }
}

/** Bytes of a body, requests at once, requests in all. */
interface Load { readonly bytes: number, readonly concurrency: number, readonly count: number }

interface Phase {
  readonly name: string
  readonly bytes: number
  readonly concurrency: number
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
  const add = (name: string, { bytes, concurrency, count }: Load, make: (i: number) => Shot, barePath?: string): void => {
    found.push({
      name, bytes, concurrency, shots: times(count, make),
      bare: times(count, (i) => ({ ...make(i), headers: {}, ...barePath === undefined ? {} : { path: barePath } })),
    })
  }
  for (const method of ['PUT', 'GET', 'HEAD']) {
    const size = method === 'PUT' ? small : undefined
    add(warmUp, { bytes: 0, concurrency: 16, count: 1500 }, (i) => shot(method, `${bucket}/warm/k${String(i)}-size-${String(small)}`, size))
  }
  const big = (i: number): string => `${bucket}/large/${String(i)}-size-${String(large)}`
  add(warmUp, { bytes: large, concurrency: 16, count: 16 }, (i) => shot('PUT', big(i), large), '/stored')
  add(warmUp, { bytes: large, concurrency: 16, count: 16 }, (i) => shot('GET', big(i)))
  for (const concurrency of [1, 16, 64]) {
    const key = (i: number): string => `${bucket}/c${String(concurrency)}/k${String(i).padStart(5, '0')}-size-${String(small)}`
    const count = concurrency === 1 ? 1000 : 8000
    add('PUT 4 KiB', { bytes: small, concurrency, count }, (i) => shot('PUT', key(i), small))
    add('GET 4 KiB', { bytes: small, concurrency, count }, (i) => shot('GET', key(i)))
    add('HEAD', { bytes: 0, concurrency, count }, (i) => shot('HEAD', key(i)))
    const listed = (): Shot => shot('GET', `${bucket}?list-type=2&prefix=c${String(concurrency)}%2F`)
    if (concurrency === 1) add(warmUp, { bytes: 0, concurrency, count: 50 }, listed, pagePath)
    add('LIST 1,000', { bytes: 0, concurrency, count: concurrency === 1 ? 50 : 200 }, listed, pagePath)
    const many = Math.max(concurrency, 32)
    add('PUT 64 MiB', { bytes: large, concurrency, count: many }, (i) => shot('PUT', big(i), large), '/stored')
    add('GET 64 MiB', { bytes: large, concurrency, count: 2 * many }, (i) => shot('GET', big(i % many)))
    if (concurrency !== 64) add('DELETE', { bytes: 0, concurrency, count }, (i) => shot('DELETE', key(i)))
  }
  return found
}

/** The server's CPU time for an operation, or for a GiB of large bodies, beside what the bare server took. */
function cpu(phase: Phase, ours: Figures, bare: Figures): string {
  const each = (seconds: number, operations: number): number => seconds / (phase.bytes === large ? operations * large / 1024 ** 3 : operations)
  const text = (seconds: number): string => phase.bytes === large ? seconds.toFixed(2) : (seconds * 1e6).toFixed(0)
  const [our, floor] = [each(ours.cpuSeconds, ours.operations), each(bare.cpuSeconds, bare.operations)]
  const ratio = phase.bytes === large && floor > 0 ? `, ${(our / floor).toFixed(2)} of it` : ''
  const system = text(each(ours.systemSeconds, ours.operations))
  return `CPU ${text(our)} ${phase.bytes === large ? 's/GiB' : 'us/op'} (${system} system; bare ${text(floor)}${ratio})`
}

function row(phase: Phase, ours: Figures, bare: Figures): string {
  const cells = [phase.name.padEnd(11), `c=${String(phase.concurrency)}`.padEnd(5), `${ours.perSecond.toFixed(0)}/s`.padStart(9),
    `${(ours.perSecond / bare.perSecond).toFixed(3)} of bare`.padStart(15), `p50 ${ours.p50Ms.toFixed(2)} ms`.padStart(15),
    `p99 ${ours.p99Ms.toFixed(2)} ms`.padStart(16), cpu(phase, ours, bare)]
  return cells.join('  ')
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
    for (const phase of phases(signer, host)) {
      const floor = await run(bare.target, phase.bare, phase.concurrency)
      const figures = await run(ours.target, phase.shots, phase.concurrency)
      if (phase.name === warmUp) continue
      const { rssMiB, anonymousMiB } = usage(ours.target.pid)
      process.stdout.write(`${row(phase, figures, floor)}  RSS ${rssMiB.toFixed(0)} MiB, anonymous ${anonymousMiB.toFixed(0)}\n`)
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
