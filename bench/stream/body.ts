import { createHash, randomBytes } from 'node:crypto'
import type { PayloadProof } from '../../lib/auth/grant'
import { setUpEngine } from '../../lib/engine'
import { Head } from '../../lib/kit/head'
import { openBody, type BodySource } from '../../lib/stream/body'
import { planBody } from '../../lib/stream/plan'
import { encodeAwsChunked, testSeed } from '../../test/support/aws-chunked'

/**
 * What a body costs on its way through the checks, beside its digests alone: microseconds for one of 4 KiB, CPU seconds a
 * GiB for one of 64 MiB in pieces of 64 KiB. `--tiny` runs each once, to show that it still runs.
 */
setUpEngine()
const tiny = process.argv.includes('--tiny')
const pieceBytes = 64 * 1024
const unsigned: PayloadProof = { kind: 'unsigned' }

/** Hands over all pieces in one turn, as a busy socket does. */
function sourceOf(pieces: readonly Buffer[]): BodySource {
  return {
    start(receiver) {
      for (const piece of pieces) receiver.data(piece)
      receiver.end()
    },
    pause: () => undefined,
    resume: () => undefined,
  resting: () => false,
  }
}

const sink = { write: (): undefined => undefined }

function pieces(bytes: Buffer): Buffer[] {
  const out: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) out.push(bytes.subarray(at, at + pieceBytes))
  return out
}

async function body(fields: Readonly<Record<string, string>>, payload: PayloadProof, wire: readonly Buffer[]): Promise<void> {
  const head = new Head('PUT', '/b/k', Object.entries(fields).flat())
  await openBody(planBody(head, payload, { kind: 'stream' }), sourceOf(wire)).into(sink)
}

function digests(wire: readonly Buffer[], ...algorithms: readonly string[]): void {
  const running = algorithms.map((algorithm) => createHash(algorithm))
  for (const piece of wire) for (const each of running) each.update(piece)
  for (const each of running) each.digest()
}

async function cpuSeconds(times: number, run: () => void | Promise<void>): Promise<number> {
  const warm = tiny ? 0 : Math.ceil(times / 5)
  for (let i = 0; i < warm; i++) await run()
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6 / times
}

async function report(name: string, bytes: number, times: number, run: () => void | Promise<void>): Promise<void> {
  const seconds = await cpuSeconds(tiny ? 1 : times, run)
  const shown = bytes < 1024 * 1024 ? `${(seconds * 1e6).toFixed(1)} us` : `${(seconds * 1024 ** 3 / bytes).toFixed(2)} s/GiB`
  process.stdout.write(`${name.padEnd(56)}${shown.padStart(12)}\n`)
}

async function main(): Promise<void> {
  for (const [size, times] of tiny ? [[4096, 1], [1 << 18, 1]] as const : [[4096, 20_000], [64 << 20, 8]] as const) {
    const content = randomBytes(size)
    const wire = pieces(content)
    const name = size === 4096 ? '4 KiB' : `${size >> 20} MiB`
    const base = { 'content-length': String(size) }
    const sha256 = createHash('sha256').update(content).digest('hex')
    const chunked = {
      'content-length': String(size), 'x-amz-decoded-content-length': String(size), 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    }
    const signedWire = pieces(encodeAwsChunked(pieces(content), { seed: testSeed }))
    const unsignedWire = pieces(encodeAwsChunked(pieces(content)))
    await report(`${name}: md5 alone`, size, times, () => { digests(wire, 'md5') })
    await report(`${name}: md5 + sha256 alone`, size, times, () => { digests(wire, 'md5', 'sha256') })
    await report(`${name}: body, md5`, size, times, () => body(base, unsigned, wire))
    await report(`${name}: body, md5 + payload sha256`, size, times, () => body({ ...base, 'x-amz-content-sha256': sha256 }, unsigned, wire))
    await report(`${name}: body, md5 + signed chunks`, size, times,
      () => body(chunked, { kind: 'chunks', chain: testSeed, trailer: false }, signedWire))
    await report(`${name}: body, md5, unsigned chunks`, size, times,
      () => body({ ...chunked, 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }, { kind: 'unsigned-trailer' }, unsignedWire))
  }
}

void main()
