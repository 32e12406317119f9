import t from 'tap'
import { inProcess } from '../../../lib/pfs/transports/in-process'
import { connect } from '../../../lib/pfs/pfs'
import type { Transport } from '../../../lib/pfs/transport'
import { counting } from '../../support/counting'
import { staged, textOf } from '../../support/pfs-rig'
import { attributes, bucket, commitsOf, completion, everything, noUpload, putPart, until, uploadRig } from '../../support/upload-rig'

t.test('completed twice at once, it is completed once', async (t) => {
  const rig = await uploadRig(t)
  const { uploads } = rig.pfs
  const upload = await uploads.create(bucket, 'k', attributes)
  const one = await putPart(rig.pfs, upload, 1, 'one')
  const [a, b] = await Promise.all([uploads.complete(upload, completion([one])), uploads.complete(upload, completion([one]))])
  t.same(a, b)
  t.equal(await commitsOf(rig), 2)
  await t.rejects(uploads.complete(upload, completion([one])), noUpload)
  const second = await uploads.create(bucket, 'k', attributes)
  const two = await putPart(rig.pfs, second, 1, 'two')
  const outcomes = await Promise.allSettled([uploads.complete(second, completion([two])), uploads.complete(second, completion([two], { digest: 'other' }))])
  t.same(outcomes.map(({ status }) => status), ['fulfilled', 'rejected'])
  t.equal(await commitsOf(rig), 3)
})

t.test('requests that differ take turns, however many wait', async (t) => {
  const rig = await uploadRig(t)
  const { uploads } = rig.pfs
  const upload = await uploads.create(bucket, 'k', attributes)
  const one = await putPart(rig.pfs, upload, 1, 'one')
  const refusal = new Error('the condition')
  const first = uploads.complete(upload, completion([one], { digest: 'a', judge: () => { throw refusal } }))
  const others = ['b', 'c', 'd', 'c'].map((digest) => uploads.complete(upload, completion([one], { digest })))
  const outcomes = await Promise.allSettled([first, ...others])
  t.match(outcomes, [{ reason: refusal }, { status: 'fulfilled' }, { reason: noUpload }, { reason: noUpload }, { reason: noUpload }])
  t.equal(await commitsOf(rig), 2)
})

t.test('completed and aborted at once, one of them happens', async (t) => {
  const rig = await uploadRig(t)
  const { uploads } = rig.pfs
  for (let i = 0; i < 20; i++) {
    const upload = await uploads.create(bucket, `k${i}`, attributes)
    const one = await putPart(rig.pfs, upload, 1, 'one')
    const complete = (): Promise<unknown> => uploads.complete(upload, completion([one]))
    const abort = (): Promise<unknown> => uploads.abort(bucket, upload.key, upload.id)
    const outcomes = await Promise.allSettled(i % 2 === 0 ? [abort(), complete()] : [complete(), abort()])
    const done = outcomes.map(({ status }) => status === 'fulfilled')
    t.equal(done.filter(Boolean).length, 1, `${i}: ${done.join()}`)
    t.equal(await textOf(rig.pfs, bucket, upload.key), done[i % 2 === 0 ? 1 : 0] === true ? 'one' : undefined)
  }
  t.same((await uploads.list(bucket, everything)).uploads, [])
})

t.test('a part that comes while its upload is completed waits for what becomes of it', async (t) => {
  const { pfs } = await uploadRig(t)
  const { uploads } = pfs
  for (const refused of [true, false]) {
    const upload = await uploads.create(bucket, 'k', attributes)
    const one = await putPart(pfs, upload, 1, 'one')
    const body = await staged(pfs, 'two', true)
    let late: Promise<unknown> | undefined
    // The object is judged behind the claim.
    const judge = (): void => {
      late = uploads.putPart(upload, { number: 2, size: 3, md5: Buffer.alloc(16), checksums: {}, staged: body })
        .then(({ number }) => number, (error: unknown) => error)
      if (refused) throw new Error('the condition')
    }
    const completing = uploads.complete(upload, completion([one], { judge }))
    await (refused ? t.rejects(completing, { message: 'the condition' }) : completing)
    t.match(await late, refused ? 2 : noUpload)
    t.equal(await textOf(pfs, bucket, 'k'), refused ? undefined : 'one')
  }
})

t.test('what comes between the look at the parts and the claim is let go with the others', async (t) => {
  const { pfs, pfsd } = await uploadRig(t)
  const upload = await pfs.uploads.create(bucket, 'k', attributes)
  const one = await putPart(pfs, upload, 1, 'one')
  const request = completion((await pfs.uploads.parts(upload, 0, 10)).parts)
  const late = await putPart(pfs, upload, 2, 'late')
  await pfs.uploads.complete(upload, request)
  t.equal(await textOf(pfs, bucket, 'k'), 'one')
  for (const part of [one, late]) await until(() => (pfsd.store.read.fileSet(part.fileSet)?.expires ?? 0) <= Date.now() + 1000)
})

t.test('two gateways complete one upload', async (t) => {
  const rig = await uploadRig(t, {})
  const other = await connect(inProcess(rig.pfsd.service), {})
  for (let i = 0; i < 10; i++) {
    const upload = await rig.pfs.uploads.create(bucket, `k${i}`, attributes)
    const one = await putPart(i % 2 === 0 ? rig.pfs : other, upload, 1, 'one')
    const outcomes = await Promise.allSettled([rig.pfs, other].map((pfs) => pfs.uploads.complete(upload, completion([one]))))
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, /completed|no such upload/)
    const versions = await Promise.all([rig.pfs, other].map((pfs) => pfs.uploads.completed(bucket, upload.key, upload.id, completion([one]).digest)))
    t.equal(versions[0]?.written.version, versions[1]?.written.version)
  }
  t.equal(await commitsOf(rig), 11)
})

t.test('a condition that does not hold leaves the upload as it was', async (t) => {
  const { pfs } = await uploadRig(t)
  const { uploads } = pfs
  const upload = await uploads.create(bucket, 'k', attributes)
  const one = await putPart(pfs, upload, 1, 'one')
  const refusal = new Error('the condition')
  await t.rejects(uploads.complete(upload, completion([one], { judge: () => { throw refusal } })), refusal)
  t.same(await uploads.get(bucket, 'k', upload.id), upload)
  const two = await putPart(pfs, upload, 2, 'two')
  let judged = 0
  await uploads.complete(upload, completion([one, two], { judge: (current) => { judged += current === undefined ? 1 : 100 } }))
  t.equal(judged, 1)
  t.equal(await textOf(pfs, bucket, 'k'), 'onetwo')
})

/** Lets `calls` calls pass, and then the gateway is dead: `request`, and nothing it asks gets through; `answer`, and the first of these does, unheard. */
function dying(transport: Transport, calls: number, lost: 'request' | 'answer'): { readonly transport: Transport, readonly death: Promise<void> } {
  let left = calls
  let die: () => void = () => undefined
  const death = new Promise<void>((resolve) => { die = resolve })
  const never = new Promise<never>(() => undefined)
  const pass = <Result>(call: () => Promise<Result>): Promise<Result> => {
    left--
    if (left >= 0) return call()
    if (left === -1) void (lost === 'answer' ? call() : Promise.resolve()).then(die, die)
    return never
  }
  return {
    death,
    transport: {
      unary: (path, request, options) => pass(() => transport.unary(path, request, options)),
      serverStream: (path, request, options) => {
        left--
        if (left >= 0) return transport.serverStream(path, request, options)
        die()
        return { start: () => undefined, resume: () => undefined, cancel: () => undefined }
      },
      clientStream: (path, options) => {
        const stream = transport.clientStream(path, options)
        return { send: (message) => stream.send(message), abort: () => never, end: () => pass(() => stream.end()) }
      },
      close: () => undefined,
    },
  }
}

t.test('a gateway that dies while it completes leaves one outcome, whatever comes next', async (t) => {
  const rig = await uploadRig(t)
  const transport = inProcess(rig.pfsd.service)
  const fates = { completed: 0, again: 0, aborted: 0, tooLate: 0 }
  for (const lost of ['request', 'answer'] as const) {
    for (const next of ['complete', 'abort'] as const) {
      for (let calls = 0; calls <= 11; calls++) {
        const key = `${lost}-${next}-${calls}`
        const upload = await rig.pfs.uploads.create(bucket, key, attributes)
        const one = await putPart(rig.pfs, upload, 1, 'one')
        const request = completion([one])
        const before = await commitsOf(rig)
        const { transport: failing, death } = dying(transport, 1 + calls, lost)
        const dead = await connect(failing, { alone: true })
        await Promise.race([death, dead.uploads.complete(upload, request)])
        const heir = await connect(transport, { alone: true })
        if (next === 'complete') {
          const gone = await heir.uploads.get(bucket, key, upload.id).then(() => false, () => true)
          const written = gone ? (await heir.uploads.completed(bucket, key, upload.id, request.digest))?.written : await heir.uploads.complete(upload, request)
          t.ok(written !== undefined, key)
          t.equal((await heir.stat(await heir.snapshot(bucket), key))?.version, written?.version)
          t.same((await heir.uploads.completed(bucket, key, upload.id, request.digest))?.written.version, written?.version)
          fates[gone ? 'completed' : 'again'] += 1
        } else {
          const aborted = await heir.uploads.abort(bucket, key, upload.id).then(() => true, () => false)
          t.equal(await textOf(heir, bucket, key), aborted ? undefined : 'one', key)
          fates[aborted ? 'aborted' : 'tooLate'] += 1
        }
        t.equal(await commitsOf(rig), before + (await textOf(heir, bucket, key) === undefined ? 0 : 1), `${key}: committed once`)
        await t.rejects(heir.uploads.get(bucket, key, upload.id), noUpload)
        t.same((await heir.uploads.parts(upload, 0, 1)).parts, [])
      }
    }
  }
  for (const [fate, count] of Object.entries(fates)) t.ok(count > 0, `${fate}: ${count}`)
})

t.test('a claim of another gateway is let be while it is young', async (t) => {
  const claimed = { name: 'PfsError', kind: 'upload-claimed' }
  const rig = await uploadRig(t)
  const transport = inProcess(rig.pfsd.service)
  const upload = await rig.pfs.uploads.create(bucket, 'k', attributes)
  const one = await putPart(rig.pfs, upload, 1, 'one')
  const { transport: failing, death } = dying(transport, 5, 'request')
  const dead = await connect(failing, { alone: true })
  void dead.uploads.complete(upload, completion([one]))
  await death
  const counted = counting(transport)
  const other = await connect(counted, {})
  await t.rejects(other.uploads.complete(upload, completion([one])), claimed)
  t.same(await other.uploads.get(bucket, 'k', upload.id), upload, 'it is there as long as nobody knows')
  await t.rejects(other.uploads.abort(bucket, 'k', upload.id), claimed)
  counted.take()
  await t.rejects(putPart(other, upload, 2, 'two'), claimed)
  t.match(counted.take(), { ComposeFileSet: 1, RenewFileSet: 1 }, 'what a refused part has pinned is let go')
  const alone = await connect(transport, { alone: true })
  t.same(await alone.uploads.get(bucket, 'k', upload.id), upload)
  await other.uploads.complete(upload, completion([one]))
  t.equal(await textOf(other, bucket, 'k'), 'one')
})
