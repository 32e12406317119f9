import { readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreRefused } from './failure'

/**
 * One process a directory. The lock itself is a bound socket named after the directory's device and inode: the kernel lets
 * one process bind it and frees it however that process ends, so nothing stale is ever in the way and of two that start
 * together one wins. The LOCK file says who has it; it also refuses where the socket cannot be seen (another network
 * namespace), as long as the process it names is alive on this boot.
 */
export class Lock {
  private constructor(private readonly server: net.Server, private readonly path: string) {}

  static async take(directory: string, path: string): Promise<Lock> {
    const server = net.createServer((socket) => socket.destroy())
    try {
      await bind(server, socketName(directory))
    } catch (error) {
      if (isInUse(error)) throw refusal(directory, readOwner(path)?.pid)
      throw error
    }
    server.unref()
    const owner = readOwner(path)
    if (owner !== undefined && owner.pid !== process.pid && owner.boot === bootId() && owner.started !== '' && owner.started === startTime(owner.pid)) {
      await closed(server)
      throw refusal(directory, owner.pid)
    }
    writeFileSync(path, JSON.stringify({ pid: process.pid, boot: bootId(), started: startTime(process.pid) }) + '\n')
    return new Lock(server, path)
  }

  async release(): Promise<void> {
    rmSync(this.path, { force: true })
    await closed(this.server)
  }
}

interface Owner { readonly pid: number, readonly boot: string, readonly started: string }

function refusal(directory: string, pid: number | undefined): StoreRefused {
  return new StoreRefused(`${directory} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}`)
}

/** Undefined for no file, or one that was cut off while it was written. */
function readOwner(path: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof owner !== 'object' || owner === null) return undefined
    const { pid, boot, started } = { pid: 0, boot: '', started: '', ...owner }
    return { pid, boot, started }
  } catch {
    return undefined
  }
}

function socketName(directory: string): string {
  const { dev, ino } = statSync(realpathSync(directory))
  const name = `pfs-store-${dev}-${ino}`
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`)
}

async function bind(server: net.Server, name: string): Promise<void> {
  try {
    await listening(server, name)
  } catch (error) {
    // Only a socket with a file behind it outlives its process, and only where the kernel has no other kind.
    if (!isInUse(error) || name.startsWith('\0') || await answers(name)) throw error
    rmSync(name, { force: true })
    await listening(server, name)
  }
}

function listening(server: net.Server, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(name, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function answers(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(name, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function bootId(): string {
  return textOf('/proc/sys/kernel/random/boot_id').trim()
}

/** Field 22 of stat, counted behind the name, which may hold anything: a process number that is used again starts later. */
function startTime(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
