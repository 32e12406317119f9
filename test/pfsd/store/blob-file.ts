import { closeSync, existsSync, openSync, readdirSync, readlinkSync, readSync, statSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { limits } from '../../../lib/pfsd/limits'
import { StoreDamaged, StoreFull, StorePoisoned } from '../../../lib/pfsd/store/failure'
import { openStore } from '../../../lib/pfsd/store/open-store'
import type { Store } from '../../../lib/pfsd/store/store'
import { faultyFiles, type Fault } from '../../support/faulty-files'

const mebibyte = 1024 * 1024

t.test('many writers that gather slowly hold no more than the bound, and their blocks read back', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const count = 2 * limits.blobBuffersBytesMax / mebibyte
  const bodies = Array.from({ length: count }, () => randomBytes(mebibyte + 1000))
  const writers = bodies.map((body) => ({ body, out: store.createBlobFile() }))
  const waits = writers.map(({ body, out }) => out.write(body.subarray(0, mebibyte - 5000)))
  await Promise.all(waits)
  const written = writers.map((_, n) => statSync(pathOf(directory, n + 1), { throwIfNoEntry: false })?.size ?? 0).reduce((sum, size) => sum + size)
  t.ok(count * (mebibyte - 5000) - written <= limits.blobBuffersBytesMax, 'what is not in the files is within the bound')
  const ids = []
  for (const { body, out } of writers) {
    await out.write(body.subarray(mebibyte - 5000, mebibyte - 4000))
    await out.write(body.subarray(mebibyte - 4000))
    const file = await out.finish()
    ids.push(await store.transact((tx) => tx.addBlobFile(file)))
  }
  for (const [n, id] of ids.entries()) {
    const body = bodies[n] ?? Buffer.alloc(0)
    if (!(await store.readBlob(id, 0, mebibyte)).equals(body.subarray(0, mebibyte))) t.fail(`the first block of ${id} is another`)
    if (!(await store.readBlob(id, mebibyte - 10, 1010)).equals(body.subarray(mebibyte - 10))) t.fail(`the end of ${id} is another`)
  }
  await store.close()
})

async function writeBlob(store: Store, bytes: Buffer, chunkBytes: number): Promise<number> {
  const out = store.createBlobFile()
  for (let at = 0; at < bytes.length; at += chunkBytes) await out.write(bytes.subarray(at, at + chunkBytes))
  const file = await out.finish()
  return await store.transact((tx) => tx.addBlobFile(file))
}

function pathOf(directory: string, id: number): string {
  return `${directory}/blobs/000/${id}.blob`
}

function flip(path: string, position: number): void {
  const fd = openSync(path, 'r+')
  const byte = Buffer.alloc(1)
  readSync(fd, byte, 0, 1, position)
  writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, position)
  closeSync(fd)
}

function openDescriptors(directory: string): string[] {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.startsWith(directory))
}

t.test('any range of a large blob reads back, before and after a restart', async (t) => {
  const directory = t.testdir()
  const bytes = randomBytes(10 * mebibyte + 12_345)
  let store = await openStore(directory)
  const id = await writeBlob(store, bytes, 300_001)
  for (let round = 0; round < 2; round++) {
    for (const [offset, length] of [
      [0, 1], [0, mebibyte], [mebibyte - 1, 2], [mebibyte, mebibyte], [5, mebibyte], [bytes.length - 1, 1], [bytes.length, 0],
      [10 * mebibyte, 12_345], [3 * mebibyte + 7, 1000], [3 * mebibyte + 9, 1000],
    ] as const) {
      t.ok((await store.readBlob(id, offset, length)).equals(bytes.subarray(offset, offset + length)), `${offset}+${length}`)
    }
    await store.close()
    store = await openStore(directory)
  }
  await t.rejects(store.readBlob(id, bytes.length, 1), RangeError)
  await t.rejects(store.readBlob(id, 0, limits.readBytesMax + 1), RangeError)
  await store.close()
})

t.test('a writer asks to wait, and takes chunks of any size', async (t) => {
  const store = await openStore(t.testdir())
  const out = store.createBlobFile()
  t.equal(out.write(Buffer.alloc(10, 1)), undefined)
  const wait = out.write(Buffer.alloc(5 * mebibyte, 2))
  t.ok(wait instanceof Promise)
  await wait
  t.equal(out.write(Buffer.alloc(3, 3)), undefined)
  const file = await out.finish()
  t.equal(file.length, 5 * mebibyte + 13)
  const id = await store.transact((tx) => tx.addBlobFile(file))
  t.same(await store.readBlob(id, 5 * mebibyte + 9, 4), Buffer.from([2, 3, 3, 3]))
  await t.rejects(store.transact((tx) => tx.addBlobFile(file)), /has a row/)
  await t.rejects(Promise.resolve(out.write(Buffer.alloc(1))), /closed/)
  await store.close()
})

t.test('files that nothing names go: discarded at once, forgotten ones at the next start', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const kept = await writeBlob(store, Buffer.alloc(2 * mebibyte, 7), mebibyte)
  const dropped = store.createBlobFile()
  await dropped.write(Buffer.alloc(2 * mebibyte))
  await dropped.discard()
  await dropped.discard()
  const forgotten = store.createBlobFile()
  await forgotten.write(Buffer.alloc(2 * mebibyte))
  const { id } = await forgotten.finish()
  const failed = store.createBlobFile()
  const file = await failed.finish()
  await t.rejects(store.transact((tx) => {
    tx.addBlobFile(file)
    throw new Error('changed my mind')
  }), /changed my mind/)
  t.equal(await store.transact((tx) => tx.addBlobFile(file)), file.id, 'a work that failed leaves the file to the next')
  await failed.discard()
  t.ok(existsSync(pathOf(directory, file.id)), 'a file with a row stays')
  t.ok(existsSync(pathOf(directory, id)))
  await store.close()
  const again = await openStore(directory)
  t.same(readdirSync(`${directory}/blobs/000`).sort(), [`${kept}.blob`, `${file.id}.blob`].sort())
  t.equal((await again.readBlob(kept, mebibyte, 1))[0], 7)
  await again.close()
})

t.test('a flipped bit is StoreDamaged, wherever it is', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const large = await writeBlob(store, Buffer.alloc(3 * mebibyte, 1), mebibyte)
  const trailer = await writeBlob(store, Buffer.alloc(3 * mebibyte, 1), mebibyte)
  const cut = await writeBlob(store, Buffer.alloc(3 * mebibyte, 1), mebibyte)
  const small = await store.transact((tx) => [tx.addBlob(Buffer.alloc(1000, 1)), tx.addBlob(Buffer.alloc(1000, 2))] as const)
  await store.close()
  flip(pathOf(directory, large), mebibyte + 5)
  flip(pathOf(directory, trailer), 3 * mebibyte + 1)
  const fd = openSync(pathOf(directory, cut), 'r+')
  await faultyFiles(() => undefined).files.truncate(fd, 2 * mebibyte)
  closeSync(fd)
  flip(`${directory}/segments/00000000.seg`, 22 + 500)
  const again = await openStore(directory)
  t.equal((await again.readBlob(large, 0, 100)).length, 100, 'another block of the file is whole')
  await t.rejects(again.readBlob(large, mebibyte, 1), StoreDamaged)
  await t.rejects(again.readBlob(large, 0, mebibyte).then(() => again.readBlob(large, mebibyte - 5, 10)), StoreDamaged)
  await t.rejects(again.readBlob(trailer, 0, 1), StoreDamaged)
  await t.rejects(again.readBlob(cut, 0, 1), StoreDamaged)
  await t.rejects(again.readBlob(small[0], 0, 1), StoreDamaged)
  t.throws(() => again.readBlobNow(small[0], 0, 1), StoreDamaged)
  t.equal(again.readBlobNow(small[1], 0, 1)?.[0], 2)
  await again.close()
})

t.test('no descriptor stays open, during many reads few are', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const ids: number[] = []
  for (let i = 0; i < limits.openFilesMax + 10; i++) ids.push(await writeBlob(store, Buffer.alloc(10, i), 10))
  const small = await store.transact((tx) => tx.addBlob(Buffer.from('small')))
  store.readBlobNow(small, 0, 1)
  const read = await Promise.all(ids.map((id) => store.readBlob(id, 0, 10)))
  t.same(read.map((bytes) => bytes[9]), ids.map((_, i) => i))
  const out = store.createBlobFile()
  await out.write(Buffer.alloc(2 * mebibyte))
  await out.discard()
  await store.createBlobFile().write(Buffer.alloc(2 * mebibyte))
  t.ok(openDescriptors(directory).length <= limits.openFilesMax + 11)
  await store.close()
  t.same(openDescriptors(directory), [])
})

t.test('a full disk fails the writer, a failed sync the store', async (t) => {
  let fault: Fault | undefined
  let name = ''
  const { files } = faultyFiles((call) => call.name === name && call.path.endsWith('.blob') ? fault : undefined)
  const directory = t.testdir()
  const store = await openStore(directory, { files })
  fault = { code: 'ENOSPC', torn: 100 }
  name = 'writev'
  const full = store.createBlobFile()
  const waits = full.write(Buffer.alloc(3 * mebibyte))
  await t.rejects(Promise.resolve(waits), StoreFull)
  await t.rejects(full.finish(), StoreFull)
  await full.discard()
  t.same(readdirSync(`${directory}/blobs/000`), [])
  fault = undefined
  await writeBlob(store, Buffer.alloc(3 * mebibyte), mebibyte)
  fault = { code: 'EIO' }
  name = 'datasync'
  const broken = store.createBlobFile()
  await broken.write(Buffer.alloc(10))
  await t.rejects(broken.finish(), StorePoisoned)
  await t.rejects(store.transact((tx) => tx.addBlob(Buffer.from('x'))), StorePoisoned)
  await store.close()
  t.equal(statSync(`${directory}/FORMAT`).isFile(), true)
})
