import { connect } from '../../lib/pfs/pfs'
import type { BackendOptions } from '../../lib/pfs/backend'
import type { Change, Edit, Pfs, Stage } from '../../lib/pfs/contract'
import { inProcess } from '../../lib/pfs/transports/in-process'
import { collectBytes } from './collect'
import { counting, type Counting } from './counting'
import { MapServer, type FakeRepo } from './map-server'

/** `repo`: the one of the bucket. */
interface Rig { fake: MapServer, repo: FakeRepo, pfs: Pfs, rpcs: Counting }

/** The contract on a server of maps, with one bucket `master.r.default`. */
export async function rig(options: BackendOptions & { extended?: boolean, ordered?: boolean } = {}): Promise<Rig> {
  const fake = new MapServer()
  const repo = fake.makeBranch('default', 'r', 'master')
  const { ordered = true } = options
  const rpcs = counting({ ...inProcess(fake.table(options.extended)), ordered })
  const pfs = await connect(rpcs, options)
  rpcs.take()
  return { fake, repo, pfs, rpcs }
}

export async function staged(pfs: Pfs, text: string | Buffer, fileSet = false): Promise<Awaited<ReturnType<Stage['finish']>>> {
  const bytes = Buffer.from(text)
  const stage = pfs.stage({ length: bytes.length, fileSet })
  await stage.write(bytes)
  return stage.finish()
}

export async function putOf(pfs: Pfs, key: string, text: string | Buffer): Promise<Change> {
  return { edits: [{ kind: 'put', key, content: await staged(pfs, text) }] }
}

export async function put(pfs: Pfs, bucket: string, key: string, text: string | Buffer, more: Partial<Edit> = {}) {
  const change = await putOf(pfs, key, text)
  return pfs.write(bucket, { edits: change.edits.map((edit) => ({ ...edit, ...more }) as Edit) })
}

/** The text of a key as readers see it now. */
export async function textOf(pfs: Pfs, bucket: string, key: string, version?: string): Promise<string | undefined> {
  const stat = await pfs.stat(await pfs.snapshot(bucket, version), key)
  return stat === undefined ? undefined : (await collectBytes(pfs.read(stat, 0, stat.size))).toString()
}
