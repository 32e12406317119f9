import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'

interface Memory {
  /** Anonymous resident bytes: what the process has taken for itself. */
  readonly anon: number
  /** Resident bytes of mapped files, such as pages of the index, which the kernel takes back when it needs them. */
  readonly file: number
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  const bytesOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  return { anon: bytesOf('RssAnon'), file: bytesOf('RssFile') }
}

/** Open descriptors that are files or sockets, by what they lead to, sorted; sockets by their kind alone. */
export function descriptorsOf(pid: number): string[] {
  const directory = `/proc/${String(pid)}/fd`
  return readdirSync(directory).flatMap((name) => {
    try {
      return [readlinkSync(join(directory, name)).replace(/\[\d+\]/, '')]
    } catch {
      // Closed since it was listed.
      return []
    }
  }).sort()
}

/** Paths of all files below a directory, sorted. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name))).sort()
}

/** Takes the highest figures seen while it runs. */
export class MemoryPeak {
  private readonly pid: number
  anon = 0
  file = 0
  private readonly timer: NodeJS.Timeout

  constructor(pid: number) {
    this.pid = pid
    this.timer = setInterval(() => { this.sample() }, 25)
  }

  sample(): void {
    const { anon, file } = memoryOf(this.pid)
    this.anon = Math.max(this.anon, anon)
    this.file = Math.max(this.file, file)
  }

  stop(): string {
    this.sample()
    clearInterval(this.timer)
    const mib = (bytes: number): string => `${String(Math.round(bytes / 1024 / 1024))} MiB`
    return `RssAnon ${mib(this.anon)}, RssFile ${mib(this.file)}`
  }
}

/** Asks again and again until the answer is yes; no after `msMax`, which only a fault takes. */
export async function eventually(question: () => boolean | Promise<boolean>, msMax = 20_000): Promise<boolean> {
  for (const until = performance.now() + msMax; performance.now() < until;) {
    if (await question()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return question()
}
