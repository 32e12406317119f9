import fs from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { diskFiles } from '../../../lib/pfsd/store/files'
import { frame } from '../../../lib/pfsd/store/frame'
import { openIndexFile } from '../../../lib/pfsd/store/index-file'
import { after, keys, lastNumber, numberAt } from '../../../lib/pfsd/store/keys'
import { openStore } from '../../../lib/pfsd/store/open-store'
import { RowReader, RowWriter } from '../../../lib/pfsd/store/row-bytes'
import { sample } from '../../support/sample'

t.test('a range gives the same keys in pages of any size, both ways', async (t) => {
  const index = openIndexFile(`${t.testdir()}/data.mdb`)
  const all = Array.from({ length: 300 }, (_, i) => keys.pair(1, i * 3))
  await index.commit([...all, keys.pair(0, 5), keys.pair(2, 0)].map((key) => ({ database: 'children', key, value: Buffer.from(key) })))
  const number = fc.nat(1000)
  fc.assert(fc.property(number, number, fc.boolean(), (from, to, reverse) => {
    const start = keys.pair(1, from)
    const end = keys.pair(1, to)
    const expected = all.filter((key) => key >= start && key < end)
    t.same([...index.range('children', start, end, reverse)].map(([key]) => key), reverse ? expected.reverse() : expected)
  }), { numRuns: 100, seed: 3 })
  t.equal([...index.range('children', keys.number(1), after(keys.number(1)), true)].length, 300)
  await index.close()
})

t.test('rows can be changed while they are iterated', async (t) => {
  const store = await openStore(t.testdir())
  await store.transact((tx) => {
    for (let i = 0; i < 200; i++) sample.commit(tx, 1, 0)
  })
  await store.transact((tx) => {
    for (let i = 0; i < 5; i++) sample.commit(tx, 1, 0)
    for (const row of tx.commits(1)) if (row.seq % 2 === 0) tx.deleteCommit(row)
    t.same([...tx.commits(1)].map((row) => row.seq), Array.from({ length: 103 }, (_, i) => 205 - 2 * i))
  })
  t.equal([...store.read.commits(1)].length, 103)
  await store.close()
})

t.test('keys order as their numbers do, and a prefix has an end', (t) => {
  const id = fc.integer({ min: 0, max: 2 ** 48 - 1 })
  fc.assert(fc.property(id, id, (a, b) => {
    t.equal(keys.number(a) < keys.number(b), a < b)
    t.equal(lastNumber(keys.pair(a, b)), b)
    t.equal(numberAt(keys.pair(a, b), 0), a)
    if (a % 2 ** 40 !== 2 ** 40 - 1) t.ok(keys.pair(a, b) < after(keys.number(a)) && after(keys.number(a)) <= keys.number(a + 1))
  }), { numRuns: 200, seed: 5 })
  t.throws(() => keys.project('a\0b'), RangeError)
  t.end()
})

t.test('names that no row can have find nothing, and cannot be put', async (t) => {
  const store = await openStore(t.testdir())
  t.equal(store.read.project('a\0b'), undefined)
  t.equal(store.read.branch(1, 'x'.repeat(10_000)), undefined)
  t.equal(store.read.commitById(1, 'zz'), undefined)
  await t.rejects(store.transact((tx) => tx.putBranch({ id: 1, repo: 1, name: 'x'.repeat(3000), head: 0, created: 0 })), RangeError)
  t.throws(() => store.readBlobNow(77, 0, 1), /no blob 77/)
  await t.rejects(store.readBlob(77, 0, 1), /no blob 77/)
  await store.close()
})

t.test('a row reads back, and a cut one throws', (t) => {
  const bytes = Buffer.from(new RowWriter().number(2 ** 48 - 1).text('é'.repeat(400)).byte(7).end())
  const row = new RowReader(bytes)
  t.same([row.number(), row.text(), row.byte()], [2 ** 48 - 1, 'é'.repeat(400), 7])
  t.throws(() => {
    const cut = new RowReader(bytes.subarray(0, 100))
    cut.number()
    cut.text()
  }, RangeError)
  t.end()
})

t.test('a frame passes only whole, at its place and under its id', (t) => {
  const bytes = Buffer.from('some bytes')
  const { head, crc32 } = frame.blobHead(4096, 9, bytes)
  const whole = Buffer.concat([head, bytes])
  t.ok(frame.isBlob(whole, 4096, 9, crc32))
  t.notOk(frame.isBlob(whole, 4097, 9, crc32))
  t.notOk(frame.isBlob(whole, 4096, 8, crc32))
  t.notOk(frame.isBlob(whole.subarray(0, -1), 4096, 9, crc32))
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const harmed = Buffer.from(whole)
    harmed.writeUInt8(harmed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    if (frame.isBlob(harmed, 4096, 9, crc32)) t.fail(`bit ${bit} was flipped and nobody saw`)
  }
  t.end()
})

t.test('a write that the kernel cuts short goes on where it stopped', async (t) => {
  const path = `${t.testdir()}/file`
  const real = fs.writev
  const buffers = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i},`))
  let calls = 0
  const short = (fd: number, list: readonly Buffer[], at: number, done: (error: null, written: number) => void): void => {
    calls++
    done(null, fs.writeSync(fd, Buffer.concat(list).subarray(0, 777), 0, undefined, at))
  }
  const fd = await diskFiles.open(path, 'create')
  try {
    Object.assign(fs, { writev: short })
    await diskFiles.writev(fd, buffers, 5)
  } finally {
    Object.assign(fs, { writev: real })
  }
  await diskFiles.close(fd)
  t.ok(calls > 15)
  t.equal(fs.readFileSync(path, 'latin1'), `${'\0'.repeat(5)}${buffers.join('')}`)
})
