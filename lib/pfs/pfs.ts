import { openBackend, type Backend, type BackendOptions } from './backend'
import { Bodies } from './bodies'
import { Buckets } from './buckets'
import type { Committers } from './committers'
import type { Change, Pfs, Snapshot, Stat, Written } from './contract'
import { isPfsError, PfsError } from './failure'
import { letGo } from './let-go'
import { list } from './list'
import { openRead } from './read'
import { ReadRoom } from './read-room'
import { bucketRef, type BucketRef } from './ref'
import { snapshot, snapshotAt } from './snapshots'
import { BodyStage } from './stage'
import type { Transport } from './transport'
import { uploads } from './uploads/uploads'

/** The contract on one server, whichever it is. */
export async function connect(transport: Transport, options: BackendOptions = {}): Promise<Pfs> {
  return assemble(await openBackend(transport, options))
}

function assemble(backend: Backend): Pfs {
  const { transport, capabilities, budget, committers, files } = backend
  const buckets = new Buckets(backend)
  const bodies = new Bodies()
  const reading = { transport, paths: capabilities.paths, readLength: capabilities.readLength, room: new ReadRoom(), bodies }
  return {
    buckets: () => buckets.list(),
    bucket: async (name) => buckets.inspect(name),
    createBucket: (name) => buckets.create(name),
    deleteBucket: async (name) => buckets.remove(name),
    snapshot: (bucket, version) => snapshot(backend, bucket, version),
    snapshotAt: (bucket, commit) => snapshotAt(backend, bucket, commit),
    stat: (at, key, withBody) => files.stat(at, key, withBody).catch((error: unknown) => { throw seen(backend, at, error) }),
    read: (file, offset, length) => openRead(reading, file, offset, length),
    atHand: (file, offset, length) => atHand(bodies, file)?.subarray(offset, offset + length),
    list: (at, query) => list(transport, capabilities.list, at, query).catch((error: unknown) => { throw seen(backend, at, error) }),
    stage: (body) => new BodyStage(transport, budget, body),
    write: (bucket, change) => write(committers, bucket, change),
    uploads: uploads(backend),
  }
}

/** A body that came with a look-up was read as much as one that was asked for. */
function atHand(bodies: Bodies, file: Stat): Buffer | undefined {
  const { body } = file
  if (body === undefined) return bodies.get(file)
  bodies.keep(file, body)
  return body
}

/** A head that turns out to be gone is not answered from memory again. */
function seen({ heads }: Backend, at: Snapshot, error: unknown): unknown {
  if (at.asked === undefined && isPfsError(error, 'no-version')) heads.forget(bucketRef(at.bucket))
  return error
}

async function write(committers: Committers, bucket: string, change: Change): Promise<Written> {
  let ref: BucketRef
  try {
    ref = bucketRef(bucket)
    if (ref.commit !== undefined) throw new PfsError('read-only', 'a commit cannot be written to')
  } catch (error) {
    letGo(change, true)
    throw error
  }
  return committers.write(ref, change)
}
