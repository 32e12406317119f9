import t from 'tap'
import { limits } from '../../lib/limits'
import type { Pfs, Stat } from '../../lib/pfs/contract'
import { connect } from '../../lib/pfs/pfs'
import { collectBytes } from '../support/collect'
import { counting } from '../support/counting'
import { put, putOf, staged, textOf } from '../support/pfs-rig'
import { realServer, transports } from '../support/real-server'

/** What operations may rely on, on the real server, over both transports. */
const bucket = 'master.foo.bar'

async function stat(pfs: Pfs, key: string): Promise<Stat> {
  const found = await pfs.stat(await pfs.snapshot(bucket), key)
  if (found === undefined) throw new Error(`${key} is not there`)
  return found
}

for (const kind of transports) {
  t.test(`${kind}: buckets`, async (t) => {
    const pfs = await connect(await realServer(t, kind))
    t.same(await pfs.buckets(), [])
    t.same(await pfs.createBucket(bucket), { created: true })
    t.same(await pfs.createBucket(bucket), { created: false })
    await pfs.createBucket('dev.foo.bar')
    await pfs.createBucket('plain')
    t.same((await pfs.buckets()).map(({ name }) => name), ['dev.foo.bar', bucket, 'master.plain.default'])
    t.match(await pfs.bucket('plain'), { name: 'master.plain.default', readOnly: false })
    await put(pfs, 'plain', 'a', 'x')
    await t.rejects(pfs.deleteBucket('plain'), { name: 'PfsError', kind: 'not-empty' })
    await pfs.deleteBucket('dev.foo.bar')
    await t.rejects(pfs.bucket('dev.foo.bar'), { name: 'PfsError', kind: 'no-bucket' })
    await pfs.deleteBucket(bucket)
    await t.rejects(pfs.deleteBucket(bucket), { name: 'PfsError', kind: 'no-bucket' })
    t.same((await pfs.buckets()).map(({ name }) => name), ['master.plain.default'])
    await pfs.write('plain', { edits: [{ kind: 'delete', key: 'a' }] })
    await pfs.deleteBucket('plain')
    await pfs.createBucket('plain')
    t.equal(await textOf(pfs, 'plain', 'a'), undefined)
  })

  t.test(`${kind}: objects, versions, attributes`, async (t) => {
    const rpcs = counting(await realServer(t, kind))
    const pfs = await connect(rpcs)
    await pfs.createBucket(bucket)
    const attributes = {
      entries: { 'content-type': 'text/plain', '': '', 'ä': 'ö' },
      parts: { numbers: [1, 2], sizes: [3, 0], checksumAlgorithm: 'CRC32', checksums: [Buffer.from('abcd'), Buffer.from('efgh')] },
    }
    await put(pfs, bucket, 'warm', '')
    rpcs.take()
    const first = await put(pfs, bucket, 'file.txt', 'one', { attributes })
    t.same(rpcs.take(), { ModifyFile: 1 })
    const second = await put(pfs, bucket, 'file.txt', 'second')
    t.ok(second.time >= first.time)
    t.equal(await textOf(pfs, bucket, 'file.txt'), 'second')
    t.equal(await textOf(pfs, bucket, 'file.txt', first.version), 'one')
    t.equal(await textOf(pfs, `${first.version}.${bucket}`, 'file.txt'), 'one')
    const old = await pfs.stat(await pfs.snapshot(bucket, first.version), 'file.txt')
    t.match(old, { size: 3, version: first.version, modified: first.time })
    t.same(old?.attributes, attributes)
    const now = await stat(pfs, 'file.txt')
    t.match(now, { size: 6, version: second.version })
    t.equal(now.attributes, undefined)
    if (old === undefined) throw new Error('the object is there')
    await pfs.write(bucket, { edits: [{ kind: 'put', key: 'copy', content: { kind: 'copy', from: old } }] })
    t.same((await stat(pfs, 'copy')).attributes, attributes)
    await pfs.write(bucket, { edits: [{ kind: 'put', key: 'copy', content: { kind: 'copy', from: await stat(pfs, 'copy') }, attributes: { entries: {} } }] })
    t.same((await stat(pfs, 'copy')).attributes, { entries: {} })
    t.equal(await textOf(pfs, bucket, 'copy'), 'one')
    await put(pfs, bucket, 'empty', '')
    t.equal(await textOf(pfs, bucket, 'empty'), '')
    await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'file.txt' }, { kind: 'delete', key: 'never there' }] })
    t.equal(await textOf(pfs, bucket, 'file.txt'), undefined)
    t.equal(await textOf(pfs, bucket, 'file.txt', second.version), 'second')
  })

  t.test(`${kind}: large bodies and ranges`, async (t) => {
    const pfs = await connect(await realServer(t, kind))
    await pfs.createBucket(bucket)
    const whole = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (i * 7 + (i >> 8)) & 255))
    const stage = pfs.stage({ length: undefined })
    for (let at = 0; at < whole.length; at += 10_007) await stage.write(Buffer.from(whole.subarray(at, at + 10_007)))
    const attributes = { entries: { etag: 'x' } }
    await put(pfs, bucket, 'big', 'small before')
    await pfs.write(bucket, { edits: [{ kind: 'put', key: 'big', content: await stage.finish(), attributes }] })
    const big = await stat(pfs, 'big')
    t.equal(big.size, whole.length)
    t.same(big.attributes, attributes)
    for (const [offset, length] of [[0, whole.length], [0, 1], [whole.length - 1, 1], [262_143, 2], [100, 1_000_000], [whole.length, 0]] as const) {
      t.ok((await collectBytes(pfs.read(big, offset, length))).equals(whole.subarray(offset, offset + length)), `${offset} ${length}`)
    }
    await pfs.write(bucket, { edits: [{ kind: 'put', key: 'none', content: await staged(pfs, '', true) }] })
    t.equal(await textOf(pfs, bucket, 'none'), '')
    const dropped = pfs.stage({ length: 10 * limits.heldBodyBytesMax })
    await dropped.write(Buffer.alloc(100_000))
    await dropped.discard()
    t.equal(await textOf(pfs, bucket, 'part'), undefined)
  })

  t.test(`${kind}: keys are taken literally, and listed in byte order`, async (t) => {
    const pfs = await connect(await realServer(t, kind))
    await pfs.createBucket(bucket)
    const keys = ['a', 'a/', 'a/b', 'a-', '/', '//', './x', '..', 'é\u{1f600}', '\u{ffff}', '*', 'a b', '\n', 'x'.repeat(1024), '%2F', '\\']
    await Promise.all(keys.map((key) => put(pfs, bucket, key, `<${key}>`)))
    for (const key of keys) t.equal(await textOf(pfs, bucket, key), `<${key}>`)
    const at = await pfs.snapshot(bucket)
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const all = await pfs.list(at, { prefix: '', delimiter: '', after: '', afterSubtree: false, limit: 1000 })
    t.same(all.files.map(({ key }) => key), sorted)
    t.match(all.files[0], { version: (await pfs.stat(at, sorted[0] ?? ''))?.version, size: 3 })
    const seen: string[] = []
    let after = ''
    for (;;) {
      const page = await pfs.list(at, { prefix: '', delimiter: '', after, afterSubtree: false, limit: 3 })
      seen.push(...page.files.map(({ key }) => key))
      if (page.next === undefined) break
      after = page.next
    }
    t.same(seen, sorted)
    const rolled = await pfs.list(at, { prefix: 'a', delimiter: '/', after: '', afterSubtree: false, limit: 1000 })
    t.same(rolled.files.map(({ key }) => key), ['a', 'a b', 'a-'])
    t.same(rolled.commonPrefixes, ['a/'])
    await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'a/' }] })
    t.equal(await textOf(pfs, bucket, 'a/b'), '<a/b>', 'only exactly this key is deleted')
    t.equal(await textOf(pfs, bucket, 'a/'), undefined)
  })

  t.test(`${kind}: writers share commits, conditions hold, a branch that is gone stays gone`, async (t) => {
    const rpcs = counting(await realServer(t, kind))
    const pfs = await connect(rpcs)
    const other = await connect(rpcs)
    await pfs.createBucket(bucket)
    rpcs.take()
    await Promise.all(Array.from({ length: 32 }, async (_, writer) => {
      for (let i = 0; i < 10; i++) await put(pfs, bucket, `w${writer}/${i}`, 'x')
    }))
    const { ModifyFile: commits } = rpcs.take()
    t.ok(commits !== undefined && commits < 100, `${commits} commits for 320 writes`)
    const once = { judge: (current: Stat | undefined) => { if (current !== undefined) throw new Error('it is there') } }
    const racers = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => put(i % 2 === 0 ? pfs : other, bucket, 'once', `${i}`, once)))
    t.equal(racers.filter(({ status }) => status === 'fulfilled').length, 1, 'through two gateways')
    await Promise.all([put(pfs, bucket, 'x', '1'), put(other, bucket, 'y', '1'), put(pfs, bucket, 'z', '1')])
    for (const key of ['x', 'y', 'z']) t.equal(await textOf(pfs, bucket, key), '1')
    await pfs.createBucket('gone')
    await put(pfs, 'gone', 'a', 'x')
    await pfs.write('gone', { edits: [{ kind: 'delete', key: 'a' }] })
    await other.deleteBucket('gone')
    await t.rejects(put(pfs, 'gone', 'a', 'x'), { name: 'PfsError', kind: 'no-bucket' })
    await t.rejects(pfs.snapshot('gone'), { name: 'PfsError', kind: 'no-bucket' })
  })

  t.test(`${kind}: a head that somebody holds open`, async (t) => {
    const transport = await realServer(t, kind)
    const pfs = await connect(transport)
    await pfs.createBucket(bucket)
    await put(pfs, bucket, 'a', 'x')
    const branch = { repo: { name: 'foo', type: 'user', project: { name: 'bar' } }, name: 'master' }
    const open = await transport.unary('/pfs_v2.API/StartCommit', { branch })
    t.equal(await textOf(pfs, bucket, 'a'), 'x')
    const waiting = put(pfs, bucket, 'b', 'x')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await transport.unary('/pfs_v2.API/FinishCommit', { commit: open })
    await waiting
    t.equal(await textOf(pfs, bucket, 'b'), 'x')
  })

  t.test(`${kind}: writes of one key are a version each, in order`, async (t) => {
    const pfs = await connect(await realServer(t, kind))
    await pfs.createBucket(bucket)
    const changes = await Promise.all(Array.from({ length: 100 }, (_, i) => putOf(pfs, 'same', Buffer.alloc(1000 + i, String(i)))))
    const written = await Promise.all(changes.map((change) => pfs.write(bucket, change)))
    t.equal(new Set(written.map(({ version }) => version)).size, 100)
    for (const [i, { version }] of written.entries()) {
      t.equal(await textOf(pfs, bucket, 'same', version), Buffer.alloc(1000 + i, String(i)).toString())
    }
    t.equal((await stat(pfs, 'same')).version, written[99]?.version)
  })

  t.test(`${kind}: a key below another one fails alone where paths are pachd's`, async (t) => {
    const pfs = await connect(await realServer(t, kind, 'pachd'))
    await pfs.createBucket(bucket)
    const before = await put(pfs, bucket, 'a/b', 'one')
    await t.rejects(put(pfs, bucket, 'a', 'two'), { name: 'PfsError', kind: 'bad-path' })
    t.equal((await pfs.snapshot(bucket)).commit, before.version, 'nothing was committed')
    const keys = Array.from({ length: 20 }, (_, i) => i === 7 ? 'a' : `n${i}`)
    const writes = await Promise.allSettled(keys.map((key) => put(pfs, bucket, key, key)))
    t.same(writes.flatMap(({ status }, i) => status === 'rejected' ? [i] : []), [7])
    t.match(writes[7], { reason: { name: 'PfsError', kind: 'bad-path' } })
    for (const [i, key] of keys.entries()) t.equal(await textOf(pfs, bucket, key), i === 7 ? undefined : key)
    t.equal(await textOf(pfs, bucket, 'a/b'), 'one')
    const write = writes[19]
    t.equal(write?.status === 'fulfilled' && await textOf(pfs, bucket, 'n19', write.value.version), 'n19')
  })

  for (const paths of ['s3', 'pachd'] as const) {
    t.test(`${kind}: an upload in parts, ${paths} paths`, async (t) => {
      const pfs = await connect(await realServer(t, kind, paths))
      const { uploads } = pfs
      await pfs.createBucket(bucket)
      const none = await uploads.list(bucket, { prefix: '', delimiter: '', keyMarker: '', idMarker: '', limit: 10 })
      t.same(none, { uploads: [], commonPrefixes: [], next: undefined })
      const key = paths === 's3' ? 'ä//b' : 'a/b'
      const upload = await uploads.create(bucket, key, { entries: { t: 'x/y' } })
      const parts = []
      for (const [number, text] of [[3, 'three'], [1, 'old'], [1, 'one ']] as const) {
        const body = await staged(pfs, text, true)
        const checksums = { SHA1: Buffer.from('sum') }
        parts[number] = await uploads.putPart(upload, { number, size: body.size, md5: Buffer.from(text), checksums, staged: body })
      }
      const listed = (await uploads.parts(upload, 0, 10)).parts
      t.same(listed, parts.filter((part) => part !== undefined))
      const rolledUp = await uploads.list(bucket, { prefix: key.slice(0, 1), delimiter: '/', keyMarker: '', idMarker: '', limit: 10 })
      t.match(rolledUp, { commonPrefixes: [key.slice(0, 2)] })
      const request = { parts: listed, attributes: { entries: { t: 'x/y' } }, digest: 'digest' }
      const written = await uploads.complete(upload, request)
      t.equal(await textOf(pfs, bucket, key), 'one three')
      t.match(await uploads.completed(bucket, key, upload.id, 'digest'), { written: { version: written.version, time: written.time } })
      const second = await uploads.create(bucket, key, { entries: {} })
      await uploads.abort(bucket, key, second.id)
      await t.rejects(uploads.abort(bucket, key, second.id), { name: 'PfsError', kind: 'no-upload' })
    })
  }
}
