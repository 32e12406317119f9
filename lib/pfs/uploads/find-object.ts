import { limits } from '../../limits'
import type { Backend } from '../backend'
import type { Stat } from '../contract'
import { isPfsError, PfsError } from '../failure'
import { readUntil } from '../read-until'
import { bucketName, type BranchRef } from '../ref'
import { millisOf, wireCommit, wireRepo } from '../wire-ref'
import type { Claim, UploadRecord } from './records'

/** Attribute entry of an object that was put together from parts: the upload that did it. */
export const uploadEntry = 'u'

/** Commits of a branch, newest first, in which an upload's object may be. */
interface Line {
  readonly commits: readonly string[]
  /** False: there are more than may be looked through. */
  readonly whole: boolean
}

interface Stretch {
  readonly to: string
  /** The commit that it ends before. */
  readonly from: string | undefined
  /** What was finished before this time, ms, is no part of it. */
  readonly oldest: number
}

type ClaimedUpload = UploadRecord & { readonly claim: Claim }

/**
 * The object that a claimed upload was put together to; undefined where it was not, as far as anybody can see: with its branch
 * an object is gone, too. What became of the key since then says nothing, so each commit of the branch is asked for it, back to
 * the one that was there before the claim. upload-claimed where the way is too long, or is changed as it is gone.
 */
export async function findObject(backend: Backend, ref: BranchRef, record: ClaimedUpload): Promise<Stat | undefined> {
  try {
    return await search(backend, ref, record)
  } catch (error) {
    if (isPfsError(error, 'no-bucket')) return undefined
    throw isPfsError(error, 'no-version') ? unknown(error) : error
  }
}

async function search(backend: Backend, ref: BranchRef, record: ClaimedUpload): Promise<Stat | undefined> {
  const { upload, claim: { seen } } = record
  const stat = (commit: string): Promise<Stat | undefined> =>
    backend.files.stat({ ...ref, bucket: bucketName(ref), commit, asked: undefined }, upload.key)
  const { commit: head } = await backend.heads.fresh(ref)
  if (head === '') return undefined
  const now = await stat(head)
  if (now?.attributes?.entries[uploadEntry] === upload.id) return now
  // The key as it was before the claim: nobody wrote to it since.
  if (now !== undefined && seen !== '' && (await unlessGone(stat(seen)))?.version === now.version) return undefined
  const { commits, whole } = await lineOf(backend, ref, head, record)
  const places = new Map(commits.map((commit, place) => [commit, place]))
  for (let place = 0; place < commits.length; place++) {
    const found = await stat(commits[place] ?? '')
    if (found?.attributes?.entries[uploadEntry] === upload.id) return found
    if (found === undefined) continue
    // All the way back to the commit that wrote it the file is the same.
    place = places.get(found.version) ?? commits.length
  }
  if (!whole) throw unknown()
  return undefined
}

/** From `head` back to the commit that was seen before the claim; where nobody knows that one any more, to the time of the claim. */
async function lineOf(backend: Backend, ref: BranchRef, head: string, { claim: { seen }, written }: ClaimedUpload): Promise<Line> {
  if (seen !== '') {
    const line = await unlessGone(read(backend, ref, { to: head, from: seen, oldest: -Infinity }))
    if (line !== undefined) return line
  }
  // Times of two repos: they are not held against each other to the moment.
  return read(backend, ref, { to: head, from: undefined, oldest: written.getTime() - limits.claimMsMax })
}

/** no-version where an end is gone. */
async function read({ transport }: Backend, ref: BranchRef, { to, from, oldest }: Stretch): Promise<Line> {
  const commits: string[] = []
  const ends = { to: wireCommit({ ...ref, commit: to }), ...from === undefined ? {} : { from: wireCommit({ ...ref, commit: from }) } }
  const request = { repo: wireRepo(ref), ...ends, number: limits.recoveredCommitsMax + 1 }
  const broken = await readUntil(transport.serverStream('/pfs_v2.API/ListCommit', request), (info): 'old' | 'long' | undefined => {
    if ((millisOf(info.finished) ?? Infinity) < oldest) return 'old'
    if (commits.length === limits.recoveredCommitsMax) return 'long'
    // What a failed commit changed is no part of the branch.
    if (info.commit?.id !== undefined && (info.error ?? '') === '') commits.push(info.commit.id)
    return undefined
  })
  return { commits, whole: broken !== 'long' }
}

async function unlessGone<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call
  } catch (error) {
    if (isPfsError(error, 'no-version')) return undefined
    throw error
  }
}

function unknown(cause?: unknown): PfsError {
  return new PfsError('upload-claimed', 'what became of the completion cannot be told', cause)
}
