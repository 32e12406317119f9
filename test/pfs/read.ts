import t from 'tap'
import type { ByteSource } from '../../lib/kit/byte-source'
import { Bodies } from '../../lib/pfs/bodies'
import type { Stat } from '../../lib/pfs/contract'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { openRead } from '../../lib/pfs/read'
import { ReadRoom } from '../../lib/pfs/read-room'
import { limits } from '../../lib/limits'
import type { RpcTable } from '../../lib/pfs/transport'
import { collectBytes, settle } from '../support/collect'
import { rpcFailure } from '../support/map-server'

const file: Stat = {
  key: 'a', size: 1000, version: 'v', modified: new Date(0),
  snapshot: { bucket: 'b', project: 'default', repo: 'r', commit: 'c', asked: undefined },
}

type GetFile = NonNullable<RpcTable['/pfs_v2.API/GetFile']>

function open(handler: GetFile, readLength: boolean, offset = 0, length = 1000): ByteSource {
  const transport = inProcess({ '/pfs_v2.API/GetFile': handler })
  return openRead({ transport, paths: 's3', readLength, room: new ReadRoom(), bodies: new Bodies() }, file, offset, length)
}

/** A server that sends `bytes` in pieces of 100, whatever it is asked. */
function sending(bytes: number, log: { sent: number } = { sent: 0 }): GetFile {
  return async (_request, out) => {
    for (let at = 0; at < bytes && !out.cancelled; at += 100) {
      log.sent += 100
      await out.send({ value: Buffer.alloc(Math.min(100, bytes - at)) })
      await settle()
    }
  }
}

t.test('an answer that is too short fails the source', async (t) => {
  for (const readLength of [true, false]) {
    await t.rejects(collectBytes(open(sending(950), readLength)), { name: 'PfsError', kind: 'internal' })
    await t.rejects(collectBytes(open(sending(0), readLength)), { name: 'PfsError', kind: 'internal' })
  }
})

t.test('an answer that is longer than was asked for fails the source', async (t) => {
  await t.rejects(collectBytes(open(sending(1100), true)), { name: 'PfsError', kind: 'internal' })
})

t.test('a server that takes no length is stopped when the last byte is out', async (t) => {
  const log = { sent: 0 }
  t.equal((await collectBytes(open(sending(100_000, log), false, 0, 250))).length, 250)
  for (let i = 0; i < 5; i++) await settle()
  t.ok(log.sent <= 400, `${log.sent} bytes sent`)
})

t.test('what is asked for', async (t) => {
  const requests: unknown[] = []
  const asking: GetFile = (request, out) => {
    requests.push(request)
    void out.send({ value: Buffer.alloc(request.length ?? 990) })
  }
  await collectBytes(open(asking, true, 10, 20))
  await collectBytes(open(asking, false, 10, 20))
  const common = {
    file: { commit: { repo: { name: 'r', type: 'user', project: { name: 'default' } }, id: 'c' }, path: '**' },
    path_range: { lower: '/a', upper: '/a\0' }, offset: 10,
  }
  t.strictSame(requests, [{ ...common, length: 20 }, common])
})

t.test('a failure of the server is the source\'s', async (t) => {
  const failing: GetFile = async (_request, out) => {
    await out.send({ value: Buffer.alloc(10) })
    throw rpcFailure(14, 'gone')
  }
  await t.rejects(collectBytes(open(failing, true)), { name: 'PfsError', kind: 'unavailable' })
})

t.test('cancelling lets the server go and says nothing more', async (t) => {
  const log = { sent: 0 }
  for (const readLength of [true, false]) {
    const source = open(sending(1000, log), readLength)
    let calls = 0
    source.start({
      data: () => { calls++; source.cancel(); return true },
      end: () => { calls += 100 },
      fail: () => { calls += 100 },
    })
    for (let i = 0; i < 5; i++) await settle()
    t.equal(calls, 1)
    source.cancel()
    source.resume()
  }
  t.ok(log.sent <= 400)
  const never = open(sending(1000), true, 0, 0)
  never.start({ data: () => true, end: () => t.fail('ended'), fail: () => t.fail('failed') })
  never.cancel()
  await settle()
})

const piece = limits.readPieceBytes
const large: Stat = { ...file, size: 3 * piece + 100 }
const content = Buffer.from(Array.from({ length: large.size }, (_, i) => i % 251))

/** A server of `large` that sends messages of 100,000 bytes, and tells of each call where it began and how long it was to be. */
function serving(calls: Array<readonly [number, number]>): GetFile {
  return async (request, out) => {
    const { offset = 0, length = large.size - offset } = request
    calls.push([offset, length])
    for (let at = offset; at < offset + length && !out.cancelled; at += 100_000) {
      await out.send({ value: Buffer.from(content.subarray(at, Math.min(at + 100_000, offset + length))) })
    }
  }
}

/** A reader that stops at each piece until it is told to go on. */
class Reader {
  readonly chunks: Buffer[] = []
  ended = 0
  failure: Error | undefined
  readonly source: ByteSource

  constructor(source: ByteSource) {
    this.source = source
    source.start({
      data: (chunk) => { this.chunks.push(chunk); return false },
      end: () => { this.ended++ },
      fail: (error) => { this.failure = error },
    })
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  async next(): Promise<void> {
    this.source.resume()
    for (let i = 0; i < 5; i++) await settle()
  }
}

t.test('what was parked goes on where its consumer stopped', async (t) => {
  const calls: Array<readonly [number, number]> = []
  const room = new ReadRoom()
  for (const readLength of [true, false]) {
    calls.length = 0
    const transport = inProcess({ '/pfs_v2.API/GetFile': serving(calls) })
    const reader = new Reader(openRead({ transport, paths: 's3', readLength, room, bodies: new Bodies() }, large, 10, large.size - 10))
    await reader.next()
    // Of the last message, all but 20 bytes are given back; later nothing is.
    const last = reader.chunks.pop() ?? Buffer.alloc(0)
    reader.chunks.push(last.subarray(0, 20))
    reader.source.park(last.length - 20)
    t.equal(room.ahead.bytes, 0, 'a parked read holds nothing')
    await reader.next()
    reader.source.park(0)
    while (reader.ended === 0) await reader.next()
    t.ok(reader.bytes.equals(content.subarray(10)))
    t.equal(calls.length, 3)
    // What came last can be given back when the end was told, which is then told again.
    const end = reader.chunks.pop() ?? Buffer.alloc(0)
    reader.source.park(end.length)
    while (reader.ended === 1) await reader.next()
    t.ok(reader.bytes.equals(content.subarray(10)))
    await reader.next()
    t.equal(reader.ended, 2)
    t.equal(room.ahead.bytes, 0)
  }
})

t.test('a read parked between its last byte and its end tells the end', async (t) => {
  const reader = new Reader(open(sending(100), true, 0, 100))
  for (let i = 0; i < 5; i++) await settle()
  reader.source.park(0)
  for (let i = 0; i < 3; i++) await reader.next()
  t.equal(reader.ended, 1)
  t.equal(reader.bytes.length, 100)
})

t.test('many reads go on piece by piece, in turns, and bring the same bytes', async (t) => {
  const calls: Array<readonly [number, number]> = []
  const room = new ReadRoom()
  const reading = { transport: inProcess({ '/pfs_v2.API/GetFile': serving(calls) }), paths: 's3', readLength: true, room, bodies: new Bodies() } as const
  const whole = Math.floor(limits.filesAheadBytesMax / Math.min(limits.fileAheadBytes, large.size))
  const readers = Array.from({ length: whole + limits.readPiecesMax + 5 }, () => new Reader(openRead(reading, large, 5, large.size - 5)))
  for (let i = 0; i < 5; i++) await settle()
  t.ok(room.ahead.bytes <= limits.filesAheadBytesMax)
  t.equal(calls.filter(([, length]) => length === large.size - 5).length, whole)
  t.equal(calls.filter(([, length]) => length === piece - 5).length, limits.readPiecesMax, 'the others read a piece, up to a block, or wait')
  readers[0]?.source.cancel()
  readers.at(-1)?.source.cancel()
  for (const reader of readers.slice(1, -1)) reader.source.park(reader.bytes.length)
  for (const reader of readers) reader.chunks.length = 0
  const left = readers.slice(1, -1)
  while (left.some((reader) => reader.ended === 0)) await Promise.all(left.map((reader) => reader.next()))
  t.ok(left.every((reader) => reader.bytes.equals(content.subarray(5))))
  t.equal(room.ahead.bytes, 0)
})

t.test('a small file that was read whole, and again, is remembered, and its memory never given back', async (t) => {
  const given: Buffer[] = []
  const handler: GetFile = ({ offset = 0, length = 1000 }, out) => { void out.send({ value: Buffer.alloc(length, offset + 1) }) }
  const transport = inProcess({ '/pfs_v2.API/GetFile': handler }, (bytes) => { given.push(bytes) })
  const bodies = new Bodies()
  const reading = { transport, paths: 's3', readLength: true, room: new ReadRoom(), bodies } as const
  for (const [offset, length] of [[0, 999], [1, 999]] as const) {
    await collectBytes(openRead(reading, file, offset, length))
    t.equal(bodies.get(file), undefined, 'a part of it is not')
  }
  await collectBytes(openRead(reading, file, 0, 1000))
  t.equal(bodies.get(file), undefined, 'nor is one that was read once')
  const chunks: Buffer[] = []
  const source = openRead(reading, file, 0, 1000)
  await new Promise<void>((resolve, reject) => {
    source.start({ data: (chunk) => chunks.push(chunk) > 0, end: resolve, fail: reject })
  })
  const [chunk = Buffer.alloc(0)] = chunks
  t.equal(bodies.get(file), chunk)
  source.giveBack?.(chunk)
  t.equal(given.length, 0)
  const long = { ...file, key: 'long', size: limits.rememberedBodyBytesMax + 1 }
  const other = openRead(reading, long, 0, long.size)
  other.start({ data: (bytes) => { other.giveBack?.(bytes); return true }, end: () => undefined, fail: (error) => t.fail(error.message) })
  for (let i = 0; i < 5; i++) await settle()
  t.equal(given.length, 1)
  t.equal(bodies.get(long), undefined)
})

t.test('what failed, or was given up, is not remembered', async (t) => {
  const bodies = new Bodies()
  const failing: GetFile = (_request, out) => {
    void out.send({ value: Buffer.alloc(1000) })
    throw rpcFailure(14, 'gone')
  }
  const reading = { transport: inProcess({ '/pfs_v2.API/GetFile': failing }), paths: 's3', readLength: true, room: new ReadRoom(), bodies } as const
  for (let i = 0; i < 3; i++) await t.rejects(collectBytes(openRead(reading, file, 0, 1000)), { name: 'PfsError', kind: 'unavailable' })
  t.equal(bodies.get(file), undefined)
})
