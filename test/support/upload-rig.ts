import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import type { BackendOptions } from '../../lib/pfs/backend'
import type { Completion, Part, Pfs, Upload } from '../../lib/pfs/contract'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { connect } from '../../lib/pfs/pfs'
import { openPfsd, type Pfsd } from '../../lib/pfsd/main'
import { counting, type Counting } from './counting'
import { staged } from './pfs-rig'

/** Multipart uploads on the real server, in process. */
export const bucket = 'master.foo.default'
export const attributes = { entries: { t: 'a/b' } }
export const everything = { prefix: '', delimiter: '', keyMarker: '', idMarker: '', limit: 1000 }
export const noUpload = { name: 'PfsError', kind: 'no-upload' }

interface UploadRig { pfsd: Pfsd, pfs: Pfs, rpcs: Counting, reopen(): Promise<void> }

export async function uploadRig(t: Test, options: BackendOptions = { alone: true }, now = Date.now): Promise<UploadRig> {
  const directory = t.testdir()
  const start = async (): Promise<Omit<UploadRig, 'reopen'>> => {
    const pfsd = await openPfsd({ directory, paths: 's3', store: { now } })
    const rpcs = counting(inProcess(pfsd.service))
    return { pfsd, rpcs, pfs: await connect(rpcs, options) }
  }
  const rig: UploadRig = { ...await start(), reopen: async () => { await rig.pfsd.close(); Object.assign(rig, await start()) } }
  t.teardown(() => rig.pfsd.close())
  await rig.pfs.createBucket(bucket)
  rig.rpcs.take()
  return rig
}

export async function putPart(pfs: Pfs, upload: Upload, number: number, text: string, checksums = {}): Promise<Part> {
  const body = await staged(pfs, text, true)
  return pfs.uploads.putPart(upload, { number, size: body.size, md5: createHash('md5').update(text).digest(), checksums, staged: body })
}

export function completion(parts: readonly Part[], more: Partial<Completion> = {}): Completion {
  return { parts, attributes, digest: parts.map((part) => part.md5.toString('hex')).join(), ...more }
}

/** Commits of the bucket's branch, its first, empty one included. */
export async function commitsOf({ pfsd }: UploadRig): Promise<number> {
  const project = pfsd.store.read.project('default')
  const repo = pfsd.store.read.repo(project?.id ?? 0, 'foo', 'user')
  return [...pfsd.store.read.commits(repo?.id ?? 0)].length
}

/** Waits for what is done behind the back. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 5000; i++) {
    if (await condition()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error('it does not come')
}
