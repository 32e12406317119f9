import { limits } from '../../limits'
import type { Backend } from '../backend'
import type { Change, ListPage, ListQuery, Stat, Written } from '../contract'
import { isPfsError } from '../failure'
import { list } from '../list'
import type { BranchRef, RepoRef } from '../ref'
import type { Tree } from '../stat'
import { unlessThere } from '../unless-there'
import { wireBranch, wireRepo } from '../wire-ref'
import { uploadsPath } from './paths'

const branch = 's3-uploads'
/** Records that one commit removes. */
const forgottenAtOnce = 1000

/**
 * The branch that holds the records of a repo's uploads: in the companion of the same name, which is made with the first
 * upload and goes with the repo. It keeps no history, so a commit of it may be gone a moment after it was the head; that is
 * why reads name the branch and not a commit.
 */
export class UploadBranch {
  private readonly backend: Backend
  private readonly ref: BranchRef
  private readonly tree: Tree

  constructor(backend: Backend, { project, repo }: RepoRef) {
    this.backend = backend
    this.ref = { project, repo, type: 'meta', branch }
    this.tree = { bucket: '', project, repo, type: 'meta', commit: branch, asked: undefined }
  }

  /** A page of records, as they are now. Where there is no companion there are none. */
  async page(query: Pick<ListQuery, 'prefix' | 'limit'> & Partial<ListQuery>): Promise<ListPage> {
    const { transport, capabilities } = this.backend
    try {
      return await list(transport, capabilities.list, this.tree, { delimiter: '', after: '', afterSubtree: false, ...query })
    } catch (error) {
      if (isPfsError(error, 'no-bucket')) return { files: [], commonPrefixes: [], next: undefined }
      throw error
    }
  }

  /** The record at a path that no other path begins with. */
  async record(path: string): Promise<Stat | undefined> {
    return (await this.page({ prefix: path, limit: 1 })).files[0]
  }

  /** All records whose paths start with `prefix`. */
  async all(prefix: string): Promise<Stat[]> {
    const found: Stat[] = []
    let after: string | undefined = ''
    while (after !== undefined) {
      const page: ListPage = await this.page({ prefix, after, limit: limits.partsMax })
      found.push(...page.files)
      after = page.next
    }
    return found
  }

  /** Batched with whatever else is written here. */
  write(change: Change): Promise<Written> {
    return this.backend.committers.write(this.ref, change)
  }

  /** The same, and makes the branch where it is missing. */
  async writeFirst(change: Change): Promise<Written> {
    try {
      return await this.write(change)
    } catch (error) {
      if (!isPfsError(error, 'no-bucket')) throw error
    }
    const { transport } = this.backend
    await unlessThere(transport.unary('/pfs_v2.API/CreateRepo', { repo: wireRepo(this.ref) }))
    await unlessThere(transport.unary('/pfs_v2.API/CreateBranch', { branch: wireBranch(this.ref) }))
    return this.write(change)
  }
}

/**
 * The uploads of a branch that was removed go with it: a later one of the same name is another bucket. Their parts are swept.
 * Another gateway may make that one, and begin uploads in it, at any moment. So a record goes only if the branch was seen to be
 * missing after the record was: whatever branch it was begun in is gone then.
 */
export async function forgetUploads(backend: Backend, ref: BranchRef): Promise<void> {
  if (!backend.capabilities.attributes) return
  const branch = new UploadBranch(backend, ref)
  let after: string | undefined = ''
  while (after !== undefined) {
    const page: ListPage = await branch.page({ prefix: uploadsPath(ref.branch, ''), after, limit: forgottenAtOnce })
    // Most repos have no uploads at all.
    if (page.files.length === 0 || !await isMissing(backend, ref)) return
    await branch.write({ edits: page.files.map(({ key }) => ({ kind: 'delete', key })) })
    after = page.next
  }
}

async function isMissing({ heads }: Backend, ref: BranchRef): Promise<boolean> {
  try {
    await heads.fresh(ref)
    return false
  } catch (error) {
    if (isPfsError(error, 'no-bucket')) return true
    throw error
  }
}
