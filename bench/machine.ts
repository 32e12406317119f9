import { crc32 } from '@node-rs/crc32'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What this machine takes for the parts of a large body, each alone, in CPU seconds a GiB: `npx tsx bench/machine.ts`. It
 * explains absolute figures of the other benches. On a virtual machine whose free memory is given back to its host, a page is
 * dear when it is used first: new files then cost several times what the same bytes cost once more in the same pages.
 */
const tiny = process.argv.includes('--tiny')
const block = Buffer.alloc(1024 * 1024, 'x')
const blocks = tiny ? 8 : 1024

function time(name: string, work: () => void): void {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  const each = (microseconds: number): string => (microseconds / 1e6 * 1024 / blocks).toFixed(2)
  process.stdout.write(`${name.padEnd(26)} ${each(user + system)} s/GiB (${each(system)} system)\n`)
}

function digest(algorithm: string): void {
  const hash = createHash(algorithm)
  for (let i = 0; i < blocks; i++) hash.update(block)
  hash.digest()
}

function write(path: string, flags: string): void {
  const fd = fs.openSync(path, flags)
  for (let i = 0; i < blocks; i++) fs.writeSync(fd, block, 0, block.length, i * block.length)
  fs.fdatasyncSync(fd)
  fs.closeSync(fd)
}

function read(path: string): void {
  const fd = fs.openSync(path, 'r')
  for (let i = 0; i < blocks; i++) fs.readSync(fd, block, 0, block.length, i * block.length)
  fs.closeSync(fd)
}

const directory = fs.mkdtempSync(join(tmpdir(), 'pfs-s3-machine-'))
try {
  const path = (i: number): string => join(directory, String(i))
  for (const algorithm of ['md5', 'sha256']) time(algorithm, () => { digest(algorithm) })
  time('crc32', () => { for (let i = 0; i < blocks; i++) crc32(block) })
  for (let i = 0; i < 3; i++) time('a new file, synced', () => { write(path(i), 'wx') })
  time('the same pages again', () => { write(path(0), 'r+') })
  time('read from the page cache', () => { read(path(0)) })
} finally {
  fs.rmSync(directory, { recursive: true })
}
