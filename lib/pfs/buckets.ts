import { limits } from '../limits'
import type { RepoInfo } from '../wire/messages'
import type { Backend } from './backend'
import type { Bucket } from './contract'
import { isPfsError, orPfsError, PfsError } from './failure'
import { list } from './list'
import { bucketName, bucketRef, type BucketRef } from './ref'
import { repos } from './repos'
import { Turns } from './turns'
import { unlessThere } from './unless-there'
import { forgetUploads } from './uploads/branch'
import { millisOf, repoKey, wireBranch, wireRepo } from './wire-ref'

/**
 * Buckets are branches. What is made or removed in one repo takes turns, so that a repo is never removed under a branch that
 * somebody here is making.
 */
export class Buckets {
  private readonly backend: Backend
  private readonly turns = new Turns()

  constructor(backend: Backend) {
    this.backend = backend
  }

  async list(): Promise<readonly Bucket[]> {
    const found: Bucket[] = []
    for (const info of await repos(this.backend.transport, 'user')) found.push(...bucketsOf(info))
    // Names are ASCII, in which UTF-16 order is byte order.
    return found.sort((a, b) => a.name < b.name ? -1 : 1)
  }

  async inspect(name: string): Promise<Bucket> {
    const ref = bucketRef(name)
    if (ref.commit === undefined) {
      const { created } = await this.backend.heads.read(ref)
      return { name: ref.name, created: new Date(created ?? 0), readOnly: false }
    }
    const time = await commitTime(this.backend, ref, ref.commit)
    return { name: ref.name, created: new Date(time), readOnly: true }
  }

  async create(name: string): Promise<{ readonly created: boolean }> {
    const ref = requireBranch(name)
    return this.turns.take(repoKey(ref), async () => {
      try {
        await this.backend.heads.fresh(ref)
        return { created: false }
      } catch (error) {
        if (!isPfsError(error, 'no-bucket')) throw error
      }
      await this.createRepo(ref)
      // What a bucket of this name has left is none of the new one's.
      await forgetUploads(this.backend, ref)
      await orPfsError(this.backend.transport.unary('/pfs_v2.API/CreateBranch', { branch: wireBranch(ref) }))
      return { created: true }
    })
  }

  /** Creates the repo, and its project, where they are missing. */
  private async createRepo(ref: BucketRef): Promise<void> {
    const { transport } = this.backend
    const create = (): Promise<void> => unlessThere(transport.unary('/pfs_v2.API/CreateRepo', { repo: wireRepo(ref) }))
    try {
      await create()
    } catch (error) {
      if (!isPfsError(error, 'no-bucket')) throw error
      await unlessThere(transport.unary('/pfs_v2.API/CreateProject', { project: { name: ref.project } }))
      await create()
    }
  }

  async remove(name: string): Promise<void> {
    const ref = requireBranch(name)
    await this.turns.take(repoKey(ref), async () => {
      await this.backend.committers.alone(ref, () => this.removeEmpty(ref))
      // The bucket is gone, which is what was asked for; what could not be forgotten is when one of this name is made anew.
      await forgetUploads(this.backend, ref).catch((error: unknown) => { if (!(error instanceof PfsError)) throw error })
      await this.removeUnwrittenRepo(ref)
    })
  }

  /** Runs with the branch's committer at rest; a head that somebody else moves meanwhile is looked at again. */
  private async removeEmpty(ref: BucketRef): Promise<void> {
    for (let tries = 0; tries <= limits.headMovesMax; tries++) {
      try {
        return await this.removeBranch(ref)
      } catch (error) {
        if (!isPfsError(error, 'head-moved')) throw error
      }
    }
    throw new PfsError('exhausted', 'the head of the branch moves too fast')
  }

  /** The server holds the removal to the head that was found empty, where it can: head-moved. */
  private async removeBranch(ref: BucketRef): Promise<void> {
    const { transport, heads, capabilities } = this.backend
    const { head, commit, state } = await heads.fresh(ref)
    // What somebody is about to finish would be left without a branch.
    if (state === 'open' || state === 'finishing') throw new PfsError('head-open', 'the head of the branch is open', undefined, head)
    const tree = { ...ref, bucket: ref.name, commit, asked: undefined }
    const page = await list(transport, capabilities.list, tree, { prefix: '', delimiter: '', after: '', afterSubtree: false, limit: 1 })
    if (page.files.length > 0) throw new PfsError('not-empty', 'the bucket has objects')
    const request = { branch: wireBranch(ref), ...(capabilities.expectedHead ? { expected_head: head } : {}) }
    await orPfsError(transport.unary('/pfs_v2.API/DeleteBranch', request))
    heads.forget(ref)
  }

  /**
   * History is never dropped silently: the repo goes only if it has no branch left and nobody ever wrote to it. Only the server
   * can tell, as it removes it: whoever looks first and removes then loses what is written in between.
   */
  private async removeUnwrittenRepo(ref: BucketRef): Promise<void> {
    const { transport, commits, capabilities } = this.backend
    if (!capabilities.ifUnwritten) return
    try {
      await orPfsError(transport.unary('/pfs_v2.API/DeleteRepo', { repo: wireRepo(ref), if_unwritten: true }))
      commits.forget(ref)
    } catch (error) {
      // The bucket is gone, which is what was asked for: a repo that stays does no harm.
      if (!(error instanceof PfsError)) throw error
    }
  }
}

function requireBranch(name: string): BucketRef {
  const ref = bucketRef(name)
  if (ref.commit !== undefined) throw new PfsError('read-only', 'a commit cannot be made or removed as a bucket')
  return ref
}

/** When a commit bucket's commit was finished; no-bucket where that repo has no such finished commit, any more. */
async function commitTime(backend: Backend, ref: BucketRef, commit: string): Promise<number> {
  try {
    const { state, time } = await backend.commits.ask(ref, commit)
    if (state === 'finished') return time
  } catch (error) {
    if (!isPfsError(error, 'no-version')) throw error
  }
  throw new PfsError('no-bucket', 'no such commit')
}

/** PFS takes names that no bucket can have; those are left out. */
function bucketsOf(info: RepoInfo): Bucket[] {
  const project = info.repo?.project?.name ?? 'default'
  const repo = info.repo?.name ?? ''
  const created = new Date(millisOf(info.created) ?? 0)
  return (info.branches ?? []).flatMap(({ name: branch }) => {
    const name = bucketName({ project, repo, branch: branch ?? '' })
    return isBucketName(name) ? [{ name, created, readOnly: false }] : []
  })
}

function isBucketName(name: string): boolean {
  try {
    return bucketRef(name).name === name
  } catch {
    return false
  }
}
