import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { limits } from '../../lib/limits'
import { openBody, type BodySource, type Sink, type Verdict } from '../../lib/stream/body'
import { BodyLost } from '../../lib/stream/body-lost'
import { Budget } from '../../lib/kit/budget'
import { collect } from '../../lib/stream/collect'
import { IdleWatch } from '../../lib/stream/idle-watch'
import type { Plan } from '../../lib/stream/plan'
import { encodeAwsChunked, testSeed } from '../support/aws-chunked'
import { cutAt, TestSource } from '../support/body-source'

const content = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i * 31 >> 3))
const md5 = createHash('md5').update(content).digest()
const sha256 = createHash('sha256').update(content).digest('hex')
const crc = Buffer.alloc(4)
crc.writeUInt32BE(crc32(content))

const basic: Plan = {
  framing: { kind: 'plain' }, length: content.length, lengthMax: limits.uploadBytesMax, excess: 'EntityTooLarge',
  sha256, md5: { expected: md5 }, checksum: { algorithm: 'CRC32', place: 'header', digest: crc },
}
const chunkedPlan: Plan = {
  ...basic,
  framing: { kind: 'aws-chunked', chain: testSeed, trailer: true, trailerName: 'x-amz-checksum-crc32' },
  sha256: undefined,
  checksum: { algorithm: 'CRC32', place: 'trailer' },
}
const chunkedWire = encodeAwsChunked([content.subarray(0, 9000), content.subarray(9000)],
  { seed: testSeed, trailer: { name: 'x-amz-checksum-crc32', value: crc.toString('base64') } })

/** Keeps what it gets; answers a write as `reply` says. */
class TestSink implements Sink {
  readonly chunks: Buffer[] = []
  private readonly reply: () => Promise<void> | undefined

  constructor(reply: () => Promise<void> | undefined = () => undefined) {
    this.reply = reply
  }

  write(chunk: Buffer): Promise<void> | undefined {
    this.chunks.push(chunk)
    return this.reply()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })
const run = (plan: Plan, source: TestSource, sink: Sink = new TestSink()): Promise<Verdict> =>
  openBody(plan, source, new IdleWatch()).into(sink)

function sourceBy(start: BodySource['start']): BodySource {
  return { start, pause: () => undefined, resume: () => undefined, resting: () => false }
}

t.test('a body that passes: every byte in the sink, and a verdict', async (t) => {
  const cases: ReadonlyArray<readonly [Plan, Buffer]> = [[basic, content], [{ ...basic, length: undefined }, content],
    [chunkedPlan, chunkedWire], [{ ...chunkedPlan, length: undefined }, chunkedWire]]
  for (const [plan, wire] of cases) {
    const sink = new TestSink()
    const verdict = await run(plan, new TestSource([wire]), sink)
    t.same(verdict, { size: content.length, md5, checksum: { algorithm: 'CRC32', digest: crc } })
    t.ok(sink.bytes.equals(content))
    t.ok(sink.chunks.every((chunk) => chunk.length > 0 && chunk.buffer === wire.buffer), 'nothing was copied')
  }
})

t.test('ST-12: random pieces into a sink of any temper', async () => {
  const cuts = fc.array(fc.nat(chunkedWire.length), { maxLength: 20 })
  await fc.assert(fc.asyncProperty(cuts, fc.array(fc.boolean(), { maxLength: 8 }), async (places, waits) => {
    let writes = 0
    const sink = new TestSink(() => waits[writes++ % Math.max(1, waits.length)] === true ? turn() : undefined)
    const verdict = await run(chunkedPlan, new TestSource(cutAt(chunkedWire, ...places)), sink)
    return verdict.size === content.length && sink.bytes.equals(content)
  }), { numRuns: 60 })
})

t.test('back-pressure reaches the source', async (t) => {
  let open: () => void = () => undefined
  let pending = 0
  let overlapping = 0
  const sink = new TestSink(() => {
    if (pending++ > 0) overlapping++
    return new Promise((resolve) => { open = () => { pending--; resolve() } })
  })
  const source = new TestSource(cutAt(chunkedWire, 5000, 10_000, 15_000))
  const verdict = run(chunkedPlan, source, sink)
  let most = 0
  let done = false
  void verdict.then(() => { done = true })
  while (!done) {
    await turn()
    if (pending === 0) continue
    const { sent } = source
    t.ok(source.paused)
    await turn()
    await turn()
    most = Math.max(most, source.sent - sent)
    open()
  }
  t.equal(most, 0, 'nothing is read while a write is pending')
  t.equal(overlapping, 0, 'no write begins before the last one is done')
  t.ok(sink.bytes.equals(content))
})

t.test('a verdict waits for the last write', async (t) => {
  let open: () => void = () => undefined
  const verdict = run(basic, new TestSource([content]), { write: () => new Promise((resolve) => { open = resolve }) })
  let done = false
  void verdict.then(() => { done = true })
  for (let i = 0; i < 5; i++) await turn()
  t.equal(done, false)
  open()
  t.equal((await verdict).size, content.length)
})

t.test('a source that ends while a write is pending is waited for as well', async (t) => {
  let open: () => void = () => undefined
  const byHand = sourceBy((receiver) => { receiver.data(content); receiver.end() })
  const verdict = openBody(basic, byHand, new IdleWatch()).into({ write: () => new Promise((resolve) => { open = resolve }) })
  let done = false
  void verdict.then(() => { done = true })
  await turn()
  t.equal(done, false)
  open()
  t.equal((await verdict).size, content.length)
})

t.test('an empty body passes without a byte being asked for', async (t) => {
  const source = new TestSource([])
  const plan: Plan = { ...basic, length: 0, sha256: createHash('sha256').digest('hex'), md5: { expected: undefined }, checksum: undefined }
  t.same(await run(plan, source), { size: 0, md5: createHash('md5').digest(), checksum: undefined })
  t.equal(source.started, 0)
  await t.rejects(run({ ...plan, sha256 }, source), { code: 'XAmzContentSHA256Mismatch' })
})

t.test('IN-01: a client that goes, at any point, is a BodyLost', async (t) => {
  for (let end = 0; end < content.length; end += 4999) {
    const sink = new TestSink()
    const source = new TestSource(end === 0 ? [] : [content.subarray(0, end)], 'lost')
    await t.rejects(run(basic, source, sink), BodyLost)
    t.equal(sink.bytes.length, end)
  }
  await t.rejects(run(chunkedPlan, new TestSource([chunkedWire.subarray(0, 500)], 'lost')), BodyLost)
})

t.test('ST-03: too few and too many bytes', async (t) => {
  const message = 'You did not provide the number of bytes specified by the Content-Length HTTP header'
  const short = { code: 'IncompleteBody', status: 400, message }
  const members = (provided: number) => ({ NumberBytesExpected: String(content.length), NumberBytesProvided: String(provided) })
  await t.rejects(run(basic, new TestSource([content.subarray(1)])), { ...short, members: members(content.length - 1) })
  const sink = new TestSink()
  await t.rejects(run(basic, new TestSource([content, Buffer.from('x')]), sink), { ...short, members: members(content.length + 1) })
  t.equal(sink.bytes.length, content.length, 'the byte too many goes nowhere')
  await t.rejects(run({ ...chunkedPlan, length: undefined }, new TestSource([chunkedWire.subarray(0, 9100)])),
    { code: 'IncompleteBody', message: 'The request body terminated unexpectedly' }, 'ST-02')
  const declared = (length: number): Plan => ({ ...chunkedPlan, length })
  await t.rejects(run(declared(content.length + 1), new TestSource([chunkedWire])), short)
  await t.rejects(run(declared(content.length - 1), new TestSource([chunkedWire])), short)
})

t.test('HT-02: a body that says no length is cut at the largest', async (t) => {
  const sink = new TestSink()
  const plan: Plan = { ...basic, length: undefined, lengthMax: 10_000 }
  const source = new TestSource(cutAt(content, 4000, 8000, 12_000, 16_000))
  await t.rejects(run(plan, source, sink), { code: 'EntityTooLarge', members: { MaxSizeAllowed: '10000' } })
  t.equal(sink.bytes.length, 8000)
  t.equal(source.sent, 3, 'nothing is read after that')
  await t.rejects(run({ ...plan, excess: 'MaxMessageLengthExceeded' }, new TestSource([content])), { code: 'MaxMessageLengthExceeded' })
})

t.test('IN-02, IN-03: digests that do not fit, in the order and words of S3', async (t) => {
  const wrong = Buffer.alloc(16)
  const badMd5 = { code: 'BadDigest', status: 400, message: 'The Content-MD5 you specified did not match what we received.',
    members: { ExpectedDigest: wrong.toString('hex'), CalculatedDigest: md5.toString('base64') } }
  const plan: Plan = { ...basic, md5: { expected: wrong } }
  await t.rejects(run(plan, new TestSource([content])), badMd5)
  await t.rejects(run({ ...plan, sha256: 'ab'.repeat(32) }, new TestSource([content])), {
    code: 'XAmzContentSHA256Mismatch', status: 400, members: { ClientComputedContentSHA256: 'ab'.repeat(32), S3ComputedContentSHA256: sha256 },
  }, 'the signed hash comes first')
  const badCrc = { code: 'BadDigest', message: 'The CRC32 you specified did not match the calculated checksum.' }
  const badHeader: Plan = { ...basic, checksum: { algorithm: 'CRC32', place: 'header', digest: Buffer.alloc(4) } }
  await t.rejects(run(badHeader, new TestSource([content])), badCrc)
  const trailer = (value: string) => encodeAwsChunked([content], { seed: testSeed, trailer: { name: 'x-amz-checksum-crc32', value } })
  await t.rejects(run(chunkedPlan, new TestSource([trailer('AAAAAA==')])), badCrc, 'ST-09: in the trailer, rightly signed')
  for (const value of ['not=base-64', '', 'AAAAAA', md5.toString('base64')]) {
    await t.rejects(run(chunkedPlan, new TestSource([trailer(value)])),
      { code: 'InvalidRequest', message: 'Value for x-amz-checksum-crc32 trailing header is invalid.' }, value)
  }
})

t.test('ST-01: a chunk that fails ends the reading, and there is no verdict', async (t) => {
  const bad = Buffer.from(chunkedWire)
  bad[200] = (bad[200] ?? 0) ^ 1
  const source = new TestSource(cutAt(bad, 100, 9200, 10_000, 15_000))
  await t.rejects(run(chunkedPlan, source), { code: 'SignatureDoesNotMatch', status: 403 })
  t.equal(source.sent, 2)
  t.ok(source.paused)
})

t.test('a sink that fails ends the body with its own error', async (t) => {
  const gone = new Error('backend gone')
  for (const write of [() => { throw gone }, () => Promise.reject(gone)]) {
    const source = new TestSource(cutAt(content, 100, 200, 300))
    await t.rejects(run(basic, source, { write }), gone)
    await turn()
    t.equal(source.sent, 1)
    t.ok(source.paused)
  }
})

t.test('a body is taken once', async (t) => {
  const body = openBody(basic, new TestSource([content]), new IdleWatch())
  await body.into(new TestSink())
  await t.rejects(body.into(new TestSink()), { message: 'a body can be taken once' })
})

t.test('the watchdog ends a silent client, and leaves those that wait for us', async (t) => {
  const watch = new IdleWatch()
  const ticks = Math.ceil(limits.bodyIdleMsMax / 1000)
  const silent = openBody(basic, new TestSource([content.subarray(0, 5)], 'silence'), watch).into(new TestSink())
  const resting = new TestSource([content.subarray(0, 5)], 'silence')
  resting.isResting = true
  let settled = 0
  const stuck: Sink = { write: () => new Promise(() => undefined) }
  const waiting = [openBody(basic, new TestSource([content], 'silence'), watch).into(stuck), openBody(basic, resting, watch).into(new TestSink())]
  for (const each of waiting) each.finally(() => { settled++ }).catch(() => undefined)
  for (let i = 0; i < 4; i++) await turn()
  t.equal(watch.size, 3)
  for (let i = 0; i < ticks; i++) watch.tick()
  t.equal(watch.size, 3, 'not yet')
  watch.tick()
  await t.rejects(silent, { code: 'RequestTimeout', status: 400, headers: [['Connection', 'close']] })
  for (let i = 0; i < 200; i++) watch.tick()
  await turn()
  t.equal(settled, 0)
  t.equal(watch.size, 2)
})

t.test('the watchdog ends a drip, and not a slow client that keeps the least rate', async (t) => {
  const watch = new IdleWatch()
  const receivers: Array<Parameters<BodySource['start']>[0]> = []
  const byHand = sourceBy((receiver) => { receivers.push(receiver) })
  const plan: Plan = { ...basic, length: undefined }
  const drip = openBody(plan, byHand, watch).into(new TestSink())
  const slow = openBody(plan, byHand, watch).into(new TestSink())
  for (let second = 1; second <= 60; second++) {
    if (second % 10 === 0) receivers[0]?.data(Buffer.from('x'))
    receivers[1]?.data(Buffer.alloc(limits.bodyRateBytesMin / 60))
    t.equal(watch.size, 2)
    watch.tick()
  }
  await t.rejects(drip, { code: 'RequestTimeout' })
  t.equal(watch.size, 1)
  receivers[1]?.lost()
  await t.rejects(slow, BodyLost)
})

t.test('nothing is left behind', async (t) => {
  const watch = new IdleWatch()
  const open = (wire: Buffer, ending: 'end' | 'lost' = 'end') => openBody(basic, new TestSource([wire], ending), watch).into(new TestSink())
  const all = [open(content), open(content.subarray(5)), open(content.subarray(5), 'lost')]
  t.equal(watch.size, 3)
  t.equal(watch.running, true)
  await Promise.allSettled(all)
  t.equal(watch.size, 0)
  watch.tick()
  t.equal(watch.running, false)
})

t.test('collect: one buffer, or too big, from a budget', async (t) => {
  const plan: Plan = { ...basic, length: undefined, excess: 'MaxMessageLengthExceeded' }
  const of = (wire: readonly Buffer[]) => openBody(plan, new TestSource(wire), new IdleWatch())
  const budget = new Budget(100_000)
  for (const wire of [cutAt(content, 7, 9000), [content]]) {
    const collected = await collect(of(wire), 20_000, budget)
    t.ok(collected.bytes.equals(content))
    t.ok(budget.bytes >= content.length, 'it counts while it is held')
    collected.release()
    t.equal(budget.bytes, 0)
  }
  const source = new TestSource(cutAt(content, 10_000, 15_000))
  await t.rejects(collect(openBody(plan, source, new IdleWatch()), 9_999, budget), { code: 'MaxMessageLengthExceeded', status: 400 })
  t.equal(source.sent, 1)
  await t.rejects(collect(of([content.subarray(1)]), 20_000, budget), { code: 'XAmzContentSHA256Mismatch' })
  await t.rejects(collect(of([content]), 20_000, new Budget(content.length - 1)), { code: 'SlowDown', status: 503 })
  t.equal(budget.bytes, 0)
})
