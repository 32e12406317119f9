import type { Backend } from './backend'
import type { Snapshot } from './contract'
import { isPfsError, PfsError, type PfsErrorKind } from './failure'
import { bucketRef, isCommitId, type BucketRef } from './ref'

/** The commit that reads of a bucket see, see Pfs.snapshot. */
export async function snapshot(backend: Backend, bucket: string, version: string | undefined): Promise<Snapshot> {
  const ref = bucketRef(bucket)
  if (ref.commit !== undefined) await requireFinished(backend, ref, ref.commit, 'no-bucket')
  if (version !== undefined) {
    if (ref.commit === undefined) await backend.heads.read(ref)
    if (!isCommitId(version)) throw new PfsError('no-version', 'not a version id')
    await requireFinished(backend, ref, version, 'no-version')
    return of(ref, version, version)
  }
  if (ref.commit !== undefined) return of(ref, ref.commit, ref.commit)
  return of(ref, (await backend.heads.read(ref)).commit, undefined)
}

/** The snapshot that a listing began with. Whether it is still there is never answered from memory. */
export async function snapshotAt(backend: Backend, bucket: string, commit: string): Promise<Snapshot> {
  const ref = bucketRef(bucket)
  if (ref.commit === undefined) await backend.heads.read(ref)
  // A branch on which nothing was finished has an empty snapshot, which has no commit.
  if (commit === '') return of(ref, '', undefined)
  if (!isCommitId(commit)) throw new PfsError('snapshot-gone', 'not a commit id')
  try {
    const { state } = await backend.commits.ask(ref, commit)
    if (state === 'finished') return of(ref, commit, ref.commit)
  } catch (error) {
    if (!isPfsError(error, 'no-version')) throw error
  }
  throw new PfsError('snapshot-gone', 'the commit of this listing was removed')
}

/**
 * A commit that is open or failed is not a version: it may never become one. The server is asked each time, since a commit
 * or its repo may have been removed, and what is remembered of its files would outlive it.
 */
async function requireFinished(backend: Backend, ref: BucketRef, commit: string, kind: PfsErrorKind): Promise<void> {
  try {
    const { state } = await backend.commits.ask(ref, commit)
    if (state === 'finished') return
  } catch (error) {
    if (!isPfsError(error, 'no-version')) throw error
  }
  throw new PfsError(kind, 'no such finished commit')
}

function of(ref: BucketRef, commit: string, asked: string | undefined): Snapshot {
  return { bucket: ref.name, project: ref.project, repo: ref.repo, commit, asked }
}
