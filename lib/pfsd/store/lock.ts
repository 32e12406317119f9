import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { basename } from 'node:path'
import { StoreRefused } from './failure'

/**
 * One process a directory, by two bound sockets, which the kernel frees however the process ends. The first is named after the
 * directory's device and inode, without a file: nothing stale is ever in its way, and of two that start together one wins;
 * but another network namespace, such as a container's, has names of its own. The second is a file in the directory, which
 * every namespace sees; one that a kill left behind is told from a live one by connecting to it. The LOCK file only says who.
 */
export class Lock {
  private readonly servers: readonly net.Server[]
  private readonly path: string
  private readonly fd: number

  private constructor(servers: readonly net.Server[], path: string, fd: number) {
    this.servers = servers
    this.path = path
    this.fd = fd
  }

  /** Rejects with StoreRefused, which names the process, where another one has the directory. */
  static async take(directory: string, path: string): Promise<Lock> {
    const servers: net.Server[] = []
    // A socket's path is bounded at about 100 bytes; the way over the descriptor is short.
    const fd = openSync(directory, 'r')
    const lock = new Lock(servers, path, fd)
    try {
      if (process.platform === 'linux') servers.push(await listen(`\0${nameOf(directory)}`))
      const shown = process.platform === 'linux' ? `/proc/self/fd/${fd}/${basename(path)}.sock` : `${path}.sock`
      try {
        servers.push(await takeOver(shown))
      } catch (error) {
        // Not every file system has sockets; then the first one must do.
        if (isInUse(error) || servers.length === 0) throw error
      }
    } catch (error) {
      await lock.free()
      throw isInUse(error) ? refusal(directory, readOwner(path)) : error
    }
    writeOwner(path)
    return lock
  }

  async release(): Promise<void> {
    rmSync(this.path, { force: true })
    await this.free()
  }

  private async free(): Promise<void> {
    for (const server of this.servers) await new Promise<void>((resolve) => server.close(() => resolve()))
    closeSync(this.fd)
  }
}

function refusal(directory: string, pid: number | undefined): StoreRefused {
  return new StoreRefused(`${directory} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}`)
}

/** The number of the process that has, or had, the directory. Undefined for no file, or one that was cut off while it was written. */
function readOwner(path: string): number | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof owner === 'object' && owner !== null && 'pid' in owner && typeof owner.pid === 'number' ? owner.pid : undefined
  } catch {
    return undefined
  }
}

function writeOwner(path: string): void {
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid, boot: bootId(), started: new Date().toISOString() }) + '\n')
  } catch {
    // On a full disk the store can still be read; the sockets are held.
  }
}

function nameOf(directory: string): string {
  const { dev, ino } = statSync(directory)
  return `pfs-store-${dev}-${ino}`
}

/** Binds a socket's file; one that nobody answers on was left behind by a kill and is removed first. */
async function takeOver(name: string): Promise<net.Server> {
  try {
    return await listen(name)
  } catch (error) {
    if (!isInUse(error) || await answers(name)) throw error
    rmSync(name, { force: true })
    return await listen(name)
  }
}

function listen(name: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(name, () => {
      server.off('error', reject)
      server.unref()
      resolve(server)
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

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
