import fs from 'node:fs'

/**
 * All that the store asks of the file system, so that a test can fail, tear or record any call of it. Writes are positioned
 * and complete: a call that resolves has written everything.
 */
export interface Files {
  /** Opens for reading and writing; `create` makes a new file and fails if there is one. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<number>
  close(fd: number): Promise<void>
  writev(fd: number, buffers: readonly Buffer[], position: number): Promise<void>
  /** Reads until `into` is full or the file ends; answers how much. */
  read(fd: number, into: Buffer, position: number): Promise<number>
  /** Flushes data and length. */
  datasync(fd: number): Promise<void>
  truncate(fd: number, length: number): Promise<void>
  size(fd: number): Promise<number>
  unlink(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Answers whether it was made; false: it is there. Its name is durable once its parent is synced: see makeDirectory. */
  makeDirectory(path: string): Promise<boolean>
  /** Names in a directory, sorted; none if it is not there. */
  list(path: string): Promise<string[]>
  /** Opens a directory, for `sync` alone. */
  openDirectory(path: string): Promise<number>
  /** Makes names created in, or removed from, an open directory durable. */
  sync(fd: number): Promise<void>
  /** Room for more, on the file system that holds `path`. */
  freeBytes(path: string): Promise<number>
  openNow(path: string): number
  readNow(fd: number, into: Buffer, position: number): number
}

const flagsOf = { read: 'r', write: 'r+', create: 'wx+' } as const

export const diskFiles: Files = {
  open: (path, mode) => new Promise((resolve, reject) => {
    fs.open(path, flagsOf[mode], (error, fd) => error === null ? resolve(fd) : reject(error))
  }),
  close: (fd) => settle((done) => fs.close(fd, done)),
  writev: (fd, buffers, position) => new Promise((resolve, reject) => {
    const left = [...buffers]
    const next = (at: number): void => {
      fs.writev(fd, left.slice(0, buffersPerCall), at, (error, written) => {
        if (error !== null) return reject(error)
        dropFront(left, written)
        if (left.length === 0) resolve()
        else next(at + written)
      })
    }
    next(position)
  }),
  read: (fd, into, position) => new Promise((resolve, reject) => {
    const next = (filled: number): void => {
      fs.read(fd, into, filled, into.length - filled, position + filled, (error, count) => {
        if (error !== null) return reject(error)
        if (count === 0 || filled + count === into.length) resolve(filled + count)
        else next(filled + count)
      })
    }
    next(0)
  }),
  datasync: (fd) => settle((done) => fs.fdatasync(fd, done)),
  truncate: (fd, length) => settle((done) => fs.ftruncate(fd, length, done)),
  size: async (fd) => await new Promise((resolve, reject) => {
    fs.fstat(fd, (error, stats) => error === null ? resolve(stats.size) : reject(error))
  }),
  unlink: (path) => settle((done) => fs.unlink(path, done)),
  rename: (from, to) => settle((done) => fs.rename(from, to, done)),
  async makeDirectory(path) {
    try {
      await fs.promises.mkdir(path)
      return true
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST' && (await fs.promises.stat(path)).isDirectory()) return false
      throw error
    }
  },
  async list(path) {
    try {
      return (await fs.promises.readdir(path)).sort()
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  },
  openDirectory: (path) => diskFiles.open(path, 'read'),
  sync: (fd) => settle((done) => fs.fsync(fd, done)),
  async freeBytes(path) {
    const { bavail, bsize } = await fs.promises.statfs(path)
    return bavail * bsize
  },
  openNow: (path) => fs.openSync(path, 'r'),
  readNow(fd, into, position) {
    let filled = 0
    while (filled < into.length) {
      const count = fs.readSync(fd, into, filled, into.length - filled, position + filled)
      if (count === 0) break
      filled += count
    }
    return filled
  },
}

/** The kernel takes 1024 buffers a call. */
const buffersPerCall = 1000

/** Drops `count` bytes from the front of a list of buffers: a write may stop anywhere. */
function dropFront(buffers: Buffer[], count: number): void {
  let whole = 0
  let left = count
  for (const buffer of buffers) {
    if (buffer.length > left) break
    left -= buffer.length
    whole++
  }
  buffers.splice(0, whole)
  const first = buffers[0]
  if (first !== undefined && left > 0) buffers[0] = first.subarray(left)
}

function settle(call: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => error === null ? resolve() : reject(error))
  })
}
