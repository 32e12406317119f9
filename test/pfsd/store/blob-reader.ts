import { closeSync, openSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { limits } from '../../../lib/pfsd/limits'
import { StoreBusy, StoreDamaged } from '../../../lib/pfsd/store/failure'
import { diskFiles, type Files } from '../../../lib/pfsd/store/files'
import { openStore } from '../../../lib/pfsd/store/open-store'
import { ReadBuffers } from '../../../lib/pfsd/store/read-buffers'
import type { Store } from '../../../lib/pfsd/store/store'
import { blobFile, segment, WarmPages } from '../../../lib/pfsd/store/warm-pages'

const block = limits.blobCheckBytes

async function writeBlob(store: Store, bytes: Buffer): Promise<number> {
  const out = store.createBlobFile()
  await out.write(Buffer.from(bytes))
  const file = await out.finish()
  return await store.transact((tx) => tx.addBlobFile(file))
}

function same(one: Buffer | undefined, other: Buffer): boolean {
  return one?.equals(other) === true
}

t.test('what was written or read last is read on the spot, what is not known to be at hand by a thread', async (t) => {
  const directory = t.testdir()
  const bytes = randomBytes(4 * block + 1000)
  let store = await openStore(directory)
  const id = await writeBlob(store, bytes)
  const held = await store.transact((tx) => tx.addBlob(Buffer.from(bytes.subarray(0, 200_000))))
  t.ok(same(store.readBlobNow(id, 0, block), bytes.subarray(0, block)), 'just written')
  t.ok(same(store.readBlobNow(id, block + 5, 100), bytes.subarray(block + 5, block + 105)), 'a part of a block')
  t.ok(same(store.readBlobNow(id, block + 7, 100), bytes.subarray(block + 7, block + 107)), 'of a block that is remembered')
  t.ok(same(store.readBlobNow(id, 4 * block, 1000), bytes.subarray(4 * block)), 'the end')
  t.equal(store.readBlobNow(id, 0, block + 1), undefined, 'too much for one go')
  await store.close()
  store = await openStore(directory)
  t.equal(store.readBlobNow(id, 0, block), undefined)
  t.ok(same(await store.readBlob(id, 0, block), bytes.subarray(0, block)))
  t.ok(same(store.readBlobNow(id, 0, block), bytes.subarray(0, block)))
  t.equal(store.readBlobNow(id, block, block), undefined, 'another block')
  t.equal(store.readBlobNow(held, 0, 200_000), undefined, 'a longer blob of a segment')
  t.ok(same(await store.readBlob(held, 10, 20), bytes.subarray(10, 30)))
  t.ok(same(store.readBlobNow(held, 0, 200_000), bytes.subarray(0, 200_000)))
  await store.close()
})

t.test('nothing is handed out unchecked on the spot either', async (t) => {
  const directory = t.testdir()
  const store = await openStore(directory)
  const ids = [await writeBlob(store, randomBytes(2 * block)), await writeBlob(store, randomBytes(2 * block))]
  for (const [id, place] of [[ids[0] ?? 0, block + 10], [ids[1] ?? 0, 2 * block + 3]] as const) {
    const fd = openSync(`${directory}/blobs/000/${id}.blob`, 'r+')
    writeSync(fd, randomBytes(4), 0, 4, place - 3)
    closeSync(fd)
  }
  t.equal(store.readBlobNow(ids[0] ?? 0, 0, block)?.length, block, 'another block is whole')
  t.throws(() => store.readBlobNow(ids[0] ?? 0, block, block), StoreDamaged)
  t.throws(() => store.readBlobNow(ids[1] ?? 0, 0, block), StoreDamaged, 'the trailer')
  await store.close()
})

/** Files of which no more than `most` may be open for reading: what opens another meets `code`. */
class ScarceFiles {
  most = Infinity
  code = 'EMFILE'
  readonly open = new Set<number>()
  readonly files: Files = {
    ...diskFiles,
    open: async (path, mode) => mode === 'read' ? this.opened(await this.allowed(() => diskFiles.open(path, mode))) : diskFiles.open(path, mode),
    openNow: (path) => this.opened(this.allowed(() => diskFiles.openNow(path))),
    close: async (fd) => {
      await diskFiles.close(fd)
      this.open.delete(fd)
    },
  }

  private allowed<Result>(open: () => Result): Result {
    if (this.open.size >= this.most) throw Object.assign(new Error(`${this.code}: it cannot be opened`), { code: this.code })
    return open()
  }

  private opened(fd: number): number {
    this.open.add(fd)
    return fd
  }
}

for (const code of ['EMFILE', 'ENFILE', 'EIO']) {
  t.test(`a read whose file cannot be opened: ${code}`, async (t) => {
    const scarce = new ScarceFiles()
    const store = await openStore(t.testdir(), { files: scarce.files })
    const bytes = Array.from({ length: 6 }, () => randomBytes(block))
    const ids = await Promise.all(bytes.map((each) => writeBlob(store, each)))
    const small = await store.transact((tx) => tx.addBlob(Buffer.from('small')))
    const read = (n: number): Promise<Buffer> => store.readBlob(ids[n] ?? 0, 0, block)
    const readNow = (n: number): Buffer | undefined => store.readBlobNow(ids[n] ?? 0, 0, block)
    const is = (n: number, read: Buffer | undefined): boolean => same(read, bytes[n] ?? Buffer.alloc(0))
    Object.assign(scarce, { most: 0, code })
    if (code === 'EIO') {
      await t.rejects(read(0), StoreDamaged)
      t.throws(() => readNow(0), StoreDamaged)
      return store.close()
    }
    for (let round = 0; round < 2; round++) {
      await t.rejects(read(0), StoreBusy, 'nothing is said of its bytes')
      await t.rejects(store.readBlob(small, 0, 5), StoreBusy)
      t.equal(readNow(0), undefined, 'who can wait may find one')
      t.equal(store.readBlobNow(small, 0, 5), undefined)
    }
    scarce.most = 2
    for (const n of [0, 1, 2, 3, 2, 5, 4, 0]) t.ok(is(n, await read(n)), 'an idle one is closed for it')
    t.equal((await store.readBlob(small, 0, 5)).toString(), 'small')
    t.equal(scarce.open.size, 2)
    scarce.most = 3
    t.ok(is(1, readNow(1)), 'there is room for one more')
    t.equal(readNow(2), undefined)
    t.ok(is(2, await read(2)), 'also one that was opened on the spot')
    scarce.most = 1
    const many = await Promise.allSettled(Array.from({ length: 24 }, (_, n) => read(n % 6)))
    for (const [n, one] of many.entries()) {
      if (one.status === 'rejected') t.type(one.reason, StoreBusy)
      else t.ok(is(n % 6, one.value))
    }
    scarce.most = Infinity
    for (let n = 0; n < 6; n++) t.ok(is(n, readNow(n) ?? await read(n)))
    await store.close()
    t.equal(scarce.open.size, 0)
  })
}

t.test('reads on the spot that wait for the disk, several in a row, end it', async (t) => {
  const files: Files = {
    ...diskFiles,
    readNow(fd, into, position) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * limits.warmReadMsMax)
      return diskFiles.readNow(fd, into, position)
    },
  }
  const store = await openStore(t.testdir(), { files })
  const id = await writeBlob(store, randomBytes(block))
  let reads = 0
  while (store.readBlobNow(id, 0, block) !== undefined && reads <= limits.slowReadsMax) reads++
  t.ok(reads > 0 && reads <= limits.slowReadsMax, `${reads} reads`)
  t.equal((await store.readBlob(id, 0, block)).length, block)
  await store.close()
})

t.test('one slow read among quick ones says nothing', (t) => {
  const warm = new WarmPages(8 * block)
  warm.touch(blobFile(1), 0, block)
  for (let n = 0; n < 640; n++) warm.judge(n % 16 === 0 ? limits.warmReadMsMax * 10 : 0)
  t.ok(warm.holds(blobFile(1), 0, block))
  for (let n = 0; n < 640; n++) warm.judge(n % 4 === 0 ? limits.warmReadMsMax * 10 : 0)
  t.notOk(warm.holds(blobFile(1), 0, block), 'every fourth says enough')
  t.end()
})

t.test('what is at hand is bounded, and what was used last stays', (t) => {
  const warm = new WarmPages(8 * block)
  warm.touch(blobFile(7), 0, 4 * block)
  warm.touch(segment(7), block - 1, 2)
  t.ok(warm.holds(blobFile(7), 10, 4 * block - 10))
  t.ok(warm.holds(segment(7), 0, 2 * block))
  t.notOk(warm.holds(blobFile(7), 0, 4 * block + 1))
  t.notOk(warm.holds(segment(8), 0, 1))
  t.notOk(warm.holds(blobFile(8), 0, 1))
  t.ok(warm.holds(blobFile(7), 0, block), 'used again')
  warm.touch(blobFile(9), 0, 7 * block)
  t.ok(warm.holds(blobFile(7), 0, block))
  t.notOk(warm.holds(blobFile(7), block, block))
  t.end()
})

t.test('a buffer that comes back is filled again, once, whole, and only here', async (t) => {
  const buffers = new ReadBuffers()
  const one = buffers.take(block)
  buffers.giveBack(one.subarray(0, block - 1))
  t.not(buffers.take(block).buffer, one.buffer, 'a part of it says nothing of the rest')
  buffers.giveBack(one)
  buffers.giveBack(one)
  t.equal(buffers.take(block).buffer, one.buffer)
  t.not(buffers.take(block).buffer, one.buffer, 'given back twice')
  const strange = Buffer.alloc(block)
  buffers.giveBack(strange)
  t.not(buffers.take(block).buffer, strange.buffer)
  const many = Array.from({ length: limits.freeReadBuffersMax + 5 }, () => buffers.take(block))
  for (const each of many) buffers.giveBack(each)
  const again = many.map(() => buffers.take(block)).filter(({ buffer }) => many.some((each) => each.buffer === buffer))
  t.equal(again.length, limits.freeReadBuffersMax, 'few are kept')

  const bytes = randomBytes(2 * block)
  const store = await openStore(t.testdir())
  const id = await writeBlob(store, bytes)
  const first = await store.readBlob(id, 0, block)
  store.giveBack(first)
  const second = store.readBlobNow(id, block, block)
  t.equal(second?.buffer, first.buffer)
  t.ok(same(second, bytes.subarray(block)))
  const part = store.readBlobNow(id, 0, 100) ?? Buffer.alloc(0)
  store.giveBack(part)
  t.ok(same(store.readBlobNow(id, 0, 100), bytes.subarray(0, 100)), 'a block that is remembered is nobody\'s to give')
  await store.close()
})
