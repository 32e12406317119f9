import t from 'tap'
import type { Part, Pfs, Upload } from '../../../lib/pfs/contract'
import { inProcess } from '../../../lib/pfs/transports/in-process'
import { connect } from '../../../lib/pfs/pfs'
import type { Transport } from '../../../lib/pfs/transport'
import type { Pfsd } from '../../../lib/pfsd/main'
import type { ModifyFileRequest, Rpcs } from '../../../lib/wire/messages'
import { counting } from '../../support/counting'
import { put, staged, textOf } from '../../support/pfs-rig'
import { attributes, bucket, commitsOf, completion, noUpload, putPart, uploadRig } from '../../support/upload-rig'

const claimed = { name: 'PfsError', kind: 'upload-claimed' }
const repo = { name: 'foo', type: 'user', project: { name: 'default' } }

/** Lets `modifications` streams of changes through, altered, and dies as it begins the next. */
function dying(transport: Transport, modifications: number, alter: (message: ModifyFileRequest) => ModifyFileRequest) {
  let begun = 0
  let die: () => void = () => undefined
  const death = new Promise<void>((resolve) => { die = resolve })
  const gateway: Transport = {
    unary: (path, request, options) => transport.unary(path, request, options),
    serverStream: (path, request, options) => transport.serverStream(path, request, options),
    clientStream: (path, options) => {
      if (path === '/pfs_v2.API/ModifyFile' && ++begun > modifications) {
        const never = new Promise<never>(() => undefined)
        die()
        return { send: () => undefined, end: () => never, abort: () => never }
      }
      const stream = transport.clientStream(path, options)
      return { send: (message) => stream.send(alter(message)), end: () => stream.end(), abort: () => stream.abort() }
    },
    close: () => undefined,
  }
  return { gateway, death }
}

interface Left { readonly upload: Upload, readonly part: Part }

/** An upload whose gateway died while it completed it: before the object was there, or behind that. */
async function leave(pfs: Pfs, pfsd: Pfsd, when: 'before' | 'behind', alter = (message: ModifyFileRequest) => message): Promise<Left> {
  const upload = await pfs.uploads.create(bucket, 'k', attributes)
  const part = await putPart(pfs, upload, 1, 'parts')
  const { gateway, death } = dying(inProcess(pfsd.service), when === 'before' ? 1 : 2, alter)
  void (await connect(gateway, { alone: true })).uploads.complete(upload, completion([part]))
  await death
  return { upload, part }
}

const change: Record<string, (pfs: Pfs) => Promise<unknown>> = {
  'nothing': () => Promise.resolve(),
  'the key was removed': (pfs) => pfs.write(bucket, { edits: [{ kind: 'delete', key: 'k' }] }),
  'the key was written again and again': async (pfs) => { for (let i = 0; i < 20; i++) await put(pfs, bucket, 'k', `newer ${i}`) },
  'it was written, removed, and others were written': async (pfs) => {
    await put(pfs, bucket, 'k', 'newer')
    await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'k' }] })
    for (let i = 0; i < 20; i++) await put(pfs, bucket, `other ${i % 3}`, 'x')
    await pfs.write(bucket, { edits: [{ kind: 'delete', key: 'k' }, { kind: 'delete', key: 'other 1' }] })
  },
}

/** What records of claims were like before they told what was seen. */
function withoutSeen(message: ModifyFileRequest): ModifyFileRequest {
  const add = message.add_file
  const claim = add?.attributes?.entries?.['claim']
  if (claim === undefined) return message
  const entries = { ...add?.attributes?.entries, claim: claim.split(' ').slice(0, 2).join(' ') }
  return { ...message, add_file: { ...add, attributes: { ...add?.attributes, entries } } }
}

for (const [name, alter] of [['as they are', (message: ModifyFileRequest) => message], ['of old', withoutSeen]] as const) {
  t.test(`claims ${name}: what was done is found, whatever became of the key since`, async (t) => {
    for (const [what, happen] of Object.entries(change)) {
      const rig = await uploadRig(t)
      await put(rig.pfs, bucket, 'k', 'older')
      const { upload, part } = await leave(rig.pfs, rig.pfsd, 'behind', alter)
      const first = await rig.pfs.snapshot(bucket)
      t.equal(await textOf(rig.pfs, bucket, 'k'), 'parts', what)
      await happen(rig.pfs)
      const [commits, text] = [await commitsOf(rig), await textOf(rig.pfs, bucket, 'k')]
      await t.rejects(rig.pfs.uploads.get(bucket, 'k', upload.id), noUpload, what)
      t.match(await rig.pfs.uploads.completed(bucket, 'k', upload.id, completion([part]).digest), { written: { version: first.commit } }, what)
      t.equal(await textOf(rig.pfs, bucket, 'k'), text, what)
      t.equal(await commitsOf(rig), commits, what)
    }
  })

  t.test(`claims ${name}: what was not done is still to be done`, async (t) => {
    for (const [what, happen] of Object.entries(change)) {
      const rig = await uploadRig(t)
      await put(rig.pfs, bucket, 'k', 'older')
      const { upload, part } = await leave(rig.pfs, rig.pfsd, 'before', alter)
      await happen(rig.pfs)
      t.same(await rig.pfs.uploads.get(bucket, 'k', upload.id), upload, what)
      await rig.pfs.uploads.complete(upload, completion([part]))
      t.equal(await textOf(rig.pfs, bucket, 'k'), 'parts', what)
    }
  })
}

t.test('the commit that was seen was taken out of history', async (t) => {
  for (const when of ['before', 'behind'] as const) {
    const rig = await uploadRig(t)
    const client = inProcess(rig.pfsd.service)
    const { version: seen } = await put(rig.pfs, bucket, 'k', 'older')
    const { upload } = await leave(rig.pfs, rig.pfsd, when)
    await put(rig.pfs, bucket, 'k', 'newer')
    await client.unary('/pfs_v2.API/SquashCommit', { commit: { repo, id: seen } })
    if (when === 'before') t.same(await rig.pfs.uploads.get(bucket, 'k', upload.id), upload)
    else await t.rejects(rig.pfs.uploads.get(bucket, 'k', upload.id), noUpload)
  }
})

t.test('what failed commits held is no part of the branch', async (t) => {
  const rig = await uploadRig(t)
  const client = inProcess(rig.pfsd.service)
  const { upload } = await leave(rig.pfs, rig.pfsd, 'behind')
  const failed = await client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'master' } })
  await client.unary('/pfs_v2.API/FinishCommit', { commit: failed, error: 'no good' })
  await rig.pfs.write(bucket, { edits: [{ kind: 'delete', key: 'k' }] })
  await t.rejects(rig.pfs.uploads.get(bucket, 'k', upload.id), noUpload)
})

t.test('a key that nobody wrote since is not looked for in each commit', async (t) => {
  const rig = await uploadRig(t)
  await put(rig.pfs, bucket, 'k', 'older')
  const { upload } = await leave(rig.pfs, rig.pfsd, 'before')
  for (let i = 0; i < 20; i++) await put(rig.pfs, bucket, 'other', 'x')
  const rpcs = counting(inProcess(rig.pfsd.service))
  const heir = await connect(rpcs, { alone: true })
  rpcs.take()
  t.same(await heir.uploads.get(bucket, 'k', upload.id), upload)
  t.match(rpcs.take(), { GlobFile: 3, ListCommit: undefined }, 'the key at both ends, and the record')
})

/** A branch of which there is always one commit more. */
function endless(transport: Transport): Transport {
  return {
    unary: (path, request, options) => transport.unary(path, request, options),
    serverStream: (path, request, options) => {
      const source = transport.serverStream(path, request, options)
      if (path !== '/pfs_v2.API/ListCommit') return source
      let last: Rpcs[typeof path]['response'] | undefined
      return {
        start: (receiver) => source.start({
          data: (info) => { last = info; return receiver.data(info) },
          end: () => { while (last !== undefined && receiver.data(last)) { /* the same once more */ } },
          fail: (error) => receiver.fail(error),
        }),
        resume: () => source.resume(),
        cancel: () => source.cancel(),
      }
    },
    clientStream: (path, options) => transport.clientStream(path, options),
    close: () => undefined,
  }
}

t.test('where the way back is too long, nothing is said of it and the claim stays, until the upload is too old', async (t) => {
  for (const when of ['before', 'behind'] as const) {
    const rig = await uploadRig(t)
    const { upload, part } = await leave(rig.pfs, rig.pfsd, when)
    await rig.pfs.write(bucket, { edits: [{ kind: 'put', key: 'other', content: (await staged(rig.pfs, 'x')) }, { kind: 'delete', key: 'k' }] })
    const transport = endless(inProcess(rig.pfsd.service))
    const lost = await connect(transport, { alone: true })
    const commits = await commitsOf(rig)
    if (when === 'behind') {
      await t.rejects(lost.uploads.get(bucket, 'k', upload.id), noUpload, 'it is found on the way')
      continue
    }
    await t.rejects(lost.uploads.get(bucket, 'k', upload.id), claimed)
    await t.rejects(lost.uploads.abort(bucket, 'k', upload.id), claimed)
    await t.rejects(lost.uploads.complete(upload, completion([part])), claimed)
    t.equal(await commitsOf(rig), commits)
    await (await connect(transport, { alone: true, uploadLifetimeMs: -1 })).uploads.sweepAll()
    await t.rejects(lost.uploads.get(bucket, 'k', upload.id), noUpload)
    t.same((await lost.uploads.parts(upload, 0, 1)).parts, [])
  }
})
