import { mkdirSync, readdirSync, readlinkSync } from 'node:fs'
import t, { type Test } from 'tap'
import { limits as gatewayLimits } from '../../../lib/limits'
import { deferred } from '../../../lib/kit/deferred'
import { limits } from '../../../lib/pfsd/limits'
import { BlobDirectories } from '../../../lib/pfsd/store/blob-directories'
import { StorePoisoned } from '../../../lib/pfsd/store/failure'
import type { Files } from '../../../lib/pfsd/store/files'
import { Layout } from '../../../lib/pfsd/store/layout'
import { openStore } from '../../../lib/pfsd/store/open-store'
import { faultyFiles, type Call, type Fault } from '../../support/faulty-files'

const filesADirectory = 4096

async function rig(t: Test, meet: (call: Call) => Fault | undefined = () => undefined): Promise<{
  directories: BlobDirectories, done: Call[], blobs: string, open(): number
}> {
  const layout = new Layout(t.testdir({ blobs: {} }))
  const { files, done } = faultyFiles(meet)
  const open = (): number => readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(layout.blobs)
    } catch {
      return false
    }
  }).length
  return { directories: await BlobDirectories.open(files, layout), done, blobs: layout.blobs, open }
}

function count(done: readonly Call[], name: keyof Files, path: string): number {
  return done.filter((call) => call.name === name && call.path === path).length
}

t.test('a directory is made and its name synced once for all files in it, one that is there too', async (t) => {
  const { directories, done, blobs } = await rig(t)
  mkdirSync(`${blobs}/001`)
  for (const [first, name] of [[0, '000'], [filesADirectory, '001']] as const) {
    done.length = 0
    await Promise.all([0, 1, 2].map((i) => directories.prepare(first + i)))
    await directories.prepare(first + 3)
    await directories.sync(first)
    t.same([count(done, 'makeDirectory', `${blobs}/${name}`), count(done, 'sync', blobs), count(done, 'sync', `${blobs}/${name}`)], [1, 1, 1])
  }
  await directories.close()
})

t.test('no file is begun while the name of its directory is not durable', async (t) => {
  const held = deferred<void>()
  const { files, done } = faultyFiles(() => undefined)
  const sync = files.sync
  let holds = false
  const store = await openStore(t.testdir(), {
    files: { ...files, sync: (fd) => holds ? held.promise.then(() => sync(fd)) : sync(fd) },
  })
  holds = true
  const begun = (): number => done.filter((call) => call.name === 'open' && call.path.endsWith('.blob')).length
  const write = async (): Promise<void> => {
    const out = store.createBlobFile()
    await out.write(Buffer.from('x'))
    await out.finish()
  }
  const first = write()
  // Long enough for the second one to find the directory that the first has made.
  await store.transact((tx) => tx.putProject({ id: 1, name: 'p', description: '', created: 0 }))
  const second = write()
  await store.transact((tx) => tx.putProject({ id: 2, name: 'q', description: '', created: 0 }))
  t.ok(done.some((call) => call.name === 'makeDirectory' && call.path.endsWith('000')))
  t.equal(begun(), 0)
  held.resolve()
  await Promise.all([first, second])
  t.equal(begun(), 2)
  await store.close()
})

t.test('few stay open, and one that was closed is opened again', async (t) => {
  let failing = false
  const { directories, open } = await rig(t, (call) => failing && call.name === 'openDirectory' ? { code: 'EMFILE' } : undefined)
  for (let i = 0; i < limits.blobDirectoriesMax + 10; i++) await directories.prepare(i * filesADirectory)
  await directories.sync(0)
  t.ok(open() <= limits.blobDirectoriesMax + 2, 'with that of their parent, and one that is being closed')
  failing = true
  await directories.sync(0)
  await t.rejects(directories.sync(filesADirectory), { code: 'EMFILE' }, 'which is no failed sync')
  failing = false
  await directories.sync(filesADirectory)
  await directories.close()
  t.equal(open(), 0)
  const most = 2 * limits.openFilesMax + limits.blobDirectoriesMax + 16
  t.ok(most <= gatewayLimits.storeDescriptorsMax, 'with those for reading they are within what the store may open')
})

t.test('a failed sync is told from all else, and to all who wait for it', async (t) => {
  let fault: { readonly name: keyof Files, readonly path: string } | undefined
  const { directories, blobs } = await rig(t, (call) => call.name === fault?.name && call.path === fault.path ? { code: 'EIO' } : undefined)
  fault = { name: 'makeDirectory', path: `${blobs}/000` }
  for (const outcome of await Promise.allSettled([directories.prepare(0), directories.prepare(1)])) t.match(outcome, { reason: { code: 'EIO' } })
  fault = { name: 'sync', path: blobs }
  for (const outcome of await Promise.allSettled([directories.prepare(0), directories.prepare(1)])) t.match(outcome, { reason: StorePoisoned })
  fault = { name: 'sync', path: `${blobs}/000` }
  await directories.prepare(0)
  await t.rejects(directories.sync(0), StorePoisoned)
  await directories.close()
})
