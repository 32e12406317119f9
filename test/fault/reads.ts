import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { etagOf } from '../support/etag'
import { type Answer, elements, HttpClient } from '../support/http-client'
import { descriptorsOf, filesBelow } from '../support/process-census'
import { randomFrom } from '../support/random'
import { startServer } from '../support/server'

/** What a reader gets: one version, whole, or no success at all. */
const seed = Number(process.env['READS_SEED'] ?? Date.now() % 1_000_000)
const bucket = '/master.reads'

t.test(`a GET during overwrites and deletes is of one version, seed ${String(seed)}`, async (t) => {
  const server = await startServer(t.testdir())
  const client = new HttpClient(server.port)
  await client.request('PUT', bucket)
  const keys = ['a', 'b']
  let writing = true
  let seen = 0
  const versions = new Map<string, string>()
  const write = async (writer: number): Promise<void> => {
    const random = randomFrom(seed + writer)
    for (let turn = 0; turn < 40; turn++) {
      const target = `${bucket}/${keys[random(keys.length)] ?? ''}`
      const body = Buffer.alloc(random(3) === 0 ? 300_000 + random(600_000) : random(5000), `${String(writer)}.${String(turn)};`)
      const answer = random(5) === 0 ? await client.request('DELETE', target) : await client.request('PUT', target, body)
      if (answer.status !== 200 && answer.status !== 204) t.fail('a write failed', { status: answer.status })
    }
  }
  const read = async (reader: number): Promise<void> => {
    const random = randomFrom(seed + 100 + reader)
    while (writing) {
      const key = keys[random(keys.length)] ?? ''
      const { status, headers, body } = await client.request('GET', `${bucket}/${key}`)
      if (status === 404) continue
      if (status !== 200 || headers.etag !== etagOf(body)) {
        t.fail('an answer is of no one version', { status, etag: headers.etag, size: body.length, start: body.subarray(0, 20).toString() })
      }
      versions.set(`${key}?versionId=${String(headers['x-amz-version-id'])}`, headers.etag ?? '')
      seen++
    }
  }
  const readers = Array.from({ length: 6 }, (_, n) => read(n))
  await Promise.all(Array.from({ length: 6 }, (_, n) => write(n)))
  writing = false
  await Promise.all(readers)
  for (const [target, etag] of [...versions].slice(0, 100)) {
    const { headers, body } = await client.request('GET', `${bucket}/${target}`)
    if (headers.etag !== etag || etagOf(body) !== etag) t.fail(`${target} is not what it was`)
  }
  t.ok(seen > 0 && versions.size > 1, 'readers saw several versions')
  client.close()
  t.equal(await server.stop(), 0)
})

function flip(path: string, position: number, bit: number): void {
  const file = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, position)
  writeSync(file, Buffer.from([(byte[0] ?? 0) ^ (1 << bit)]), 0, 1, position)
  closeSync(file)
}

/** The answer, or undefined where the connection broke before its end. */
function attempt(client: HttpClient, target: string, headers: Record<string, string> = {}): Promise<Answer | undefined> {
  return client.request('GET', target, undefined, headers).catch(() => undefined)
}

t.test(`a bit that flips in a stored file is never served, seed ${String(seed)}`, async (t) => {
  const data = t.testdir()
  const random = randomFrom(seed)
  const objects = new Map<string, Buffer>()
  let server = await startServer(data)
  let client = new HttpClient(server.port)
  await client.request('PUT', bucket)
  for (let n = 0; n < 60; n++) objects.set(`k${String(n)}`, randomBytes(n < 40 ? 3000 + random(60_000) : 400_000 + random(900_000)))
  await Promise.all([...objects].map(([key, body]) => client.request('PUT', `${bucket}/${key}`, body)))
  client.close()
  t.equal(await server.stop(), 0)
  const stored = filesBelow(data).filter((path) => /^(blobs|segments)\//.test(path))
  const [segments, blobs] = [stored.filter((path) => path.startsWith('segments')), stored.filter((path) => path.startsWith('blobs'))]
  t.ok(segments.length > 0 && blobs.length === 20, 'small bodies are in segments, large ones in files')
  for (const path of blobs.slice(0, 10)) flip(join(data, path), random(statSync(join(data, path)).size), random(8))
  for (const path of segments) for (let n = 0; n < 8; n++) flip(join(data, path), random(statSync(join(data, path)).size), random(8))

  server = await startServer(data)
  client = new HttpClient(server.port)
  let damaged = 0
  for (const [key, body] of objects) {
    const answer = await attempt(client, `${bucket}/${key}`)
    if (answer?.status === 200 && answer.body.equals(body)) continue
    damaged++
    if (answer !== undefined && answer.status !== 500) t.fail(`${key}: other bytes, or another answer`, { status: answer.status, size: answer.body.length })
    if (answer === undefined && body.length < 100_000) t.fail(`${key}: no answer, and nothing of it was sent`)
    // The same by ranges: what is read is right, what is not is refused.
    for (let n = 0; n < 5; n++) {
      const from = random(body.length)
      const part = await attempt(client, `${bucket}/${key}`, { range: `bytes=${String(from)}-${String(Math.min(body.length - 1, from + random(100_000)))}` })
      if (part?.status === 206 && part.body.equals(body.subarray(from, from + part.body.length))) continue
      if (part !== undefined && part.status !== 500) t.fail(`${key}: other bytes in a range`, { status: part.status })
    }
  }
  t.ok(damaged > 10 && damaged <= 10 + 8 * segments.length, `${String(damaged)} of ${String(objects.size)} objects are damaged, and all others read`)
  const fresh = await client.request('PUT', `${bucket}/k0`, 'written again')
  t.equal(fresh.status, 200, 'writes go on')
  t.equal((await client.request('GET', `${bucket}/k0`)).body.toString(), 'written again')
  client.close()
  t.equal(await server.stop(), 0)
})

/** Reads an object to its end, or leaves after `leaveAfter` bytes; rests now and then. False: other bytes than it has. */
function readAt(port: number, target: string, body: Buffer, random: (below: number) => number, leaveAfter: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, path: target, agent: false }, (response) => {
      let at = 0
      let right = true
      response.on('data', (chunk: Buffer) => {
        right &&= chunk.equals(body.subarray(at, at + chunk.length))
        at += chunk.length
        if (at >= leaveAfter) {
          response.destroy()
          resolve(right)
        } else if (random(20) === 0) {
          response.pause()
          setTimeout(() => { response.resume() }, random(30))
        }
      })
      response.on('end', () => { resolve(right && at === body.length) })
    })
    request.on('error', reject)
  })
}

t.test(`readers of different objects, at their own paces, some of whom leave, each get their own bytes, seed ${String(seed)}`, async (t) => {
  const server = await startServer(t.testdir())
  const client = new HttpClient(server.port)
  await client.request('PUT', bucket)
  const bodies = Array.from({ length: 8 }, (_, n) => randomBytes((2 + n) * 256 * 1024 + (n % 2) * 1000))
  await Promise.all(bodies.map((body, n) => client.request('PUT', `${bucket}/o${String(n)}`, body)))
  const reader = async (number: number): Promise<void> => {
    const random = randomFrom(seed + number)
    for (let turn = 0; turn < 6; turn++) {
      const n = random(bodies.length)
      const body = bodies[n] ?? Buffer.alloc(0)
      const leaveAfter = random(3) === 0 ? random(body.length) : Infinity
      if (!await readAt(server.port, `${bucket}/o${String(n)}`, body, random, leaveAfter)) t.fail(`other bytes of object ${String(n)}`)
    }
  }
  await Promise.all(Array.from({ length: 24 }, (_, n) => reader(n)))
  client.close()
  t.equal(await server.stop(), 0)
})

/** Lets a process open no file more than it has open, or as many as before. */
function limitDescriptors(pid: number, scarce: boolean): void {
  const taken = new Set(readdirSync(`/proc/${String(pid)}/fd`).map(Number))
  let free = 0
  while (taken.has(free)) free++
  const { status, error } = spawnSync('prlimit', ['--pid', String(pid), `--nofile=${String(scarce ? free : 1024)}:`])
  if (status !== 0) throw error ?? new Error('prlimit fails')
}

t.test('a reader for whom no file can be opened is told to slow down, and nothing is called damaged', async (t) => {
  const server = await startServer(t.testdir())
  const pid = server.process.pid ?? 0
  const client = new HttpClient(server.port, 1)
  await client.request('PUT', bucket)
  const objects = new Map([['small', randomBytes(5000)], ['large', randomBytes(600_000)], ['other', randomBytes(600_000)]])
  for (const [key, body] of objects) await client.request('PUT', `${bucket}/${key}`, body)
  while (descriptorsOf(pid).some((path) => path.endsWith('.blob'))) await new Promise((resolve) => { setImmediate(resolve) })
  limitDescriptors(pid, true)
  for (const key of objects.keys()) {
    const { status, body } = await client.request('GET', `${bucket}/${key}`)
    t.same([status, elements(body, 'Code')], [503, ['SlowDown']], key)
    t.equal((await client.request('HEAD', `${bucket}/${key}`)).status, 200)
  }
  t.match(server.log(), 'the store could not open a file')
  t.notMatch(server.log(), /StoreDamaged/)
  limitDescriptors(pid, false)
  t.equal((await client.request('GET', `${bucket}/small`)).status, 200)
  limitDescriptors(pid, true)
  for (const [key, body] of objects) {
    t.ok((await client.request('GET', `${bucket}/${key}`)).body.equals(body), `${key} is read in place of the one before`)
  }
  client.close()
  t.equal(await server.stop(), 0)
})
