import t from 'tap'
import type { Pfs, Upload } from '../../../lib/pfs/contract'
import { connect } from '../../../lib/pfs/pfs'
import type { Transport } from '../../../lib/pfs/transport'
import { inProcess } from '../../../lib/pfs/transports/in-process'
import type { Rpcs } from '../../../lib/wire/messages'
import { attributes, bucket, everything, noUpload, putPart, until, uploadRig } from '../../support/upload-rig'

/** The bucket's branch, as other clients of the server name it. */
const branch = { repo: { name: 'foo', type: 'user' }, name: 'master' }

t.test('a bucket that is made anew has no uploads, however the one before it went', async (t) => {
  const { pfs, rpcs, pfsd } = await uploadRig(t)
  const upload = await pfs.uploads.create(bucket, 'k', attributes)
  await pfs.createBucket('branch.foo')
  const other = await pfs.uploads.create('branch.foo', 'k', attributes)
  await inProcess(pfsd.service).unary('/pfs_v2.API/DeleteBranch', { branch })
  await pfs.createBucket(bucket)
  t.same((await pfs.uploads.list(bucket, everything)).uploads, [])
  await t.rejects(pfs.uploads.get(bucket, 'k', upload.id), noUpload)
  t.same((await pfs.uploads.list('branch.foo', everything)).uploads, [other], 'those of other branches are theirs')
  await pfs.uploads.create(bucket, 'k', attributes)
  rpcs.take()
  await pfs.deleteBucket(bucket)
  t.match(rpcs.take(), { List: 2, ModifyFile: 1 }, 'as a rule they go with their bucket')
})

/** A gateway that stands still behind a call, once, while something else happens. */
async function stopping(transport: Transport): Promise<{ pfs: Pfs, behind(call: keyof Rpcs, meanwhile: () => Promise<unknown>): void }> {
  const waiting = new Map<keyof Rpcs, () => Promise<unknown>>()
  const pfs = await connect({
    ...transport,
    unary: async (path, request, options) => {
      try {
        return await transport.unary(path, request, options)
      } finally {
        const meanwhile = waiting.get(path)
        waiting.delete(path)
        await meanwhile?.()
      }
    },
  })
  return { pfs, behind: (call, meanwhile) => { waiting.set(call, meanwhile) } }
}

t.test('uploads of a bucket that another gateway makes anew meanwhile are its own', async (t) => {
  const { pfs, pfsd } = await uploadRig(t, {})
  const transport = inProcess(pfsd.service)
  const slow = await stopping(transport)
  const remove = (): Promise<unknown> => transport.unary('/pfs_v2.API/DeleteBranch', { branch })
  let upload: Upload | undefined
  const makeAnew = async (): Promise<void> => {
    await pfs.createBucket(bucket)
    upload = await pfs.uploads.create(bucket, 'k', attributes)
  }
  const uploads = async (): Promise<unknown> => (await pfs.uploads.list(bucket, everything)).uploads

  await pfs.uploads.create(bucket, 'old', attributes)
  slow.behind('/pfs_v2.API/DeleteBranch', makeAnew)
  await slow.pfs.deleteBucket(bucket)
  t.same(await uploads(), [upload], 'begun behind the removal')

  await remove()
  slow.behind('/pfs_v2.API/CreateRepo', makeAnew)
  t.same(await slow.pfs.createBucket(bucket), { created: true })
  t.same(await uploads(), [upload], 'begun while somebody else made it, too')

  await remove()
  slow.behind('/pfs_v2.API/CreateRepo', () => {
    slow.behind('/pfs_v2.API/InspectBranch', makeAnew)
    return Promise.resolve()
  })
  await slow.pfs.createBucket(bucket)
  t.same(await uploads(), [upload], 'begun behind the last look at the branch')
})

t.test('more uploads than one commit removes are forgotten', async (t) => {
  const { pfs, pfsd } = await uploadRig(t)
  await Promise.all(Array.from({ length: 1100 }, (_, n) => pfs.uploads.create(bucket, `k${n}`, { entries: {} })))
  await inProcess(pfsd.service).unary('/pfs_v2.API/DeleteBranch', { branch })
  await pfs.createBucket(bucket)
  t.same(await pfs.uploads.list(bucket, everything), { uploads: [], commonPrefixes: [], next: undefined })
})

t.test('what could not be forgotten with its bucket is swept once it is old', async (t) => {
  const { pfs, pfsd } = await uploadRig(t)
  const upload = await pfs.uploads.create(bucket, 'k', attributes)
  const part = await putPart(pfs, upload, 1, 'x')
  const transport = inProcess(pfsd.service)
  await transport.unary('/pfs_v2.API/DeleteBranch', { branch })
  await (await connect(transport, { alone: true, uploadLifetimeMs: -1 })).uploads.sweepAll()
  t.same((await pfs.uploads.parts(upload, 0, 1)).parts, [])
  await until(() => (pfsd.store.read.fileSet(part.fileSet)?.expires ?? 0) <= Date.now() + 1000)
  await transport.unary('/pfs_v2.API/CreateBranch', { branch })
  t.same((await pfs.uploads.list(bucket, everything)).uploads, [], 'a branch of that name that others make has none of it')
})
