import http from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'

export interface Target {
  readonly name: string
  readonly port: number
  readonly pid: number
}

/** One request to make; `body` is sent whole. */
export interface Shot {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: Buffer
}

/** What one run of shots took. */
export interface Run {
  readonly timesMs: readonly number[]
  readonly seconds: number
  /** User and system time of the server's process, all threads. */
  readonly cpuSeconds: number
  /** The system's part of it. */
  readonly systemSeconds: number
}

interface Usage { readonly cpuSeconds: number, readonly systemSeconds: number, readonly rssMiB: number, readonly anonymousMiB: number }

/** CPU seconds of a process so far, and its memory in MiB: all of it, and without mapped files. Linux only. */
export function usage(pid: number): Usage {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0)
  // The system's part is counted in ticks of 10 ms.
  return { cpuSeconds: threadSeconds(pid), systemSeconds: Number(fields[12]) / 100, rssMiB: kib('VmRSS') / 1024, anonymousMiB: kib('RssAnon') / 1024 }
}

/** Nanoseconds of each thread, as the scheduler counts them; a server's threads stay. */
function threadSeconds(pid: number): number {
  const tasks = `/proc/${String(pid)}/task`
  const times = readdirSync(tasks).map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]))
  return times.reduce((sum, time) => sum + time, 0) / 1e9
}

function fire(agent: http.Agent, port: number, shot: Shot): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = shot.body === undefined ? {} : { 'content-length': String(shot.body.length) }
    const options = { host: '127.0.0.1', port, agent, method: shot.method, path: shot.path, headers: { ...length, ...shot.headers } }
    const request = http.request(options, (response) => {
      const refused = (response.statusCode ?? 500) >= 300
      let text = ''
      response.on('data', (chunk: Buffer) => { if (refused) text += chunk.toString() })
      response.on('end', () => {
        if (refused) reject(new Error(`${shot.method} ${shot.path}: ${String(response.statusCode)} ${text}`))
        else resolve()
      })
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(shot.body)
  })
}

/** Keeps `concurrency` requests under way until all shots are fired. */
export async function run(target: Target, shots: readonly Shot[], concurrency: number): Promise<Run> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: concurrency })
  const times: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let shot = shots[next++]; shot !== undefined; shot = shots[next++]) {
      const began = performance.now()
      await fire(agent, target.port, shot)
      times.push(performance.now() - began)
    }
  }
  const before = usage(target.pid)
  const began = performance.now()
  await Promise.all(Array.from({ length: concurrency }, worker))
  const seconds = (performance.now() - began) / 1000
  const after = usage(target.pid)
  agent.destroy()
  return {
    timesMs: times, seconds,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds, systemSeconds: after.systemSeconds - before.systemSeconds,
  }
}

interface Figures extends Omit<Run, 'timesMs' | 'seconds'> {
  readonly operations: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Several runs taken as one. */
export function figuresOf(runs: readonly Run[]): Figures {
  const times = runs.flatMap(({ timesMs }) => timesMs).sort((a, b) => a - b)
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  const sum = (of: (run: Run) => number): number => runs.reduce((total, each) => total + of(each), 0)
  return {
    operations: times.length, perSecond: times.length / sum(({ seconds }) => seconds), p50Ms: at(0.5), p99Ms: at(0.99),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds), systemSeconds: sum(({ systemSeconds }) => systemSeconds),
  }
}
