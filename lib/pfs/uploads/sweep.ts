import { limits } from '../../limits'
import type { Backend } from '../backend'
import type { ListPage, Stat } from '../contract'
import { isPfsError, PfsError } from '../failure'
import type { RepoRef } from '../ref'
import { repos } from '../repos'
import { repoKey } from '../wire-ref'
import { UploadBranch } from './branch'
import { claimedBy, unclaimed, type Completions } from './completions'
import { letGoFileSets } from './file-sets'
import { parseUploadPath, partsPath, timeOfId } from './paths'
import { parsePartRecord, parseUploadRecord } from './records'

const pageSize = 1000

/**
 * Removes what is too old: uploads that nobody completed or aborted in their lifetime, tombstones after a day, and parts whose
 * upload is no more. It runs behind the backs of those who begin or list uploads, once an hour in each repo, and in all
 * repos when it is told to: of a repo that is left alone nobody begins or lists any.
 */
export class UploadSweep {
  private readonly backend: Backend
  private readonly completions: Completions
  /** When each repo was last looked through, ms. */
  private readonly last = new Map<string, number>()

  constructor(backend: Backend, completions: Completions) {
    this.backend = backend
    this.completions = completions
  }

  /** Begins to sweep the repo if that is due; what fails is left for the next time. */
  runIfDue(repo: RepoRef): void {
    const name = repoKey(repo)
    const now = performance.now()
    const last = this.last.get(name)
    if (last !== undefined && now - last < limits.uploadSweepMs) return
    if (this.last.size >= limits.rememberedHeadsMax) this.last.clear()
    this.last.set(name, now)
    void this.run(repo).catch(() => undefined)
  }

  /** All repos, one after the other; what fails is left for the next time. */
  async all(): Promise<void> {
    try {
      for (const { repo } of await repos(this.backend.transport, 'meta')) {
        await this.run({ project: repo?.project?.name ?? 'default', repo: repo?.name ?? '' }).catch(() => undefined)
      }
    } catch (error) {
      if (!(error instanceof PfsError)) throw error
    }
  }

  private async run(repo: RepoRef): Promise<void> {
    const branch = new UploadBranch(this.backend, repo)
    const oldest = Date.now() - this.backend.uploadLifetimeMs
    await each(branch, 'u/', (stat) => this.sweepUpload(branch, repo, stat, oldest))
    await each(branch, 't/', async (stat) => {
      if (Date.now() - stat.modified.getTime() > limits.tombstoneMs) await branch.write({ edits: [{ kind: 'delete', key: stat.key }] })
    })
    await this.sweepParts(branch, oldest)
  }

  private async sweepUpload(branch: UploadBranch, repo: RepoRef, stat: Stat, oldest: number): Promise<void> {
    const { branch: name, id } = parseUploadPath(stat.key)
    if (timeOfId(id) >= oldest) return
    const record = parseUploadRecord(stat, '')
    if (this.completions.isLive(record)) return
    const place = { ref: { project: repo.project, repo: repo.repo, branch: name }, branch }
    const over = await this.completions.settle(place, record).catch((error: unknown) => {
      if (!isPfsError(error, 'upload-claimed')) throw error
      return undefined
    })
    if (over === true) return
    // Where nobody can tell, the object stands if it is there: it needs neither record nor parts.
    const judge = over === undefined && record.claim !== undefined ? claimedBy(record.claim) : unclaimed
    const parts = await branch.all(partsPath(id))
    await branch.write({ edits: [{ kind: 'delete', key: stat.key, judge }, { kind: 'delete', key: partsPath(id), subtree: true }] })
    letGoFileSets(this.backend.transport, parts.map((part) => parsePartRecord(part).fileSet))
  }

  /** Ids ascend with time, so only what is too old is looked at. A part may outlive its upload where another gateway aborts it. */
  private async sweepParts(branch: UploadBranch, oldest: number): Promise<void> {
    let after = ''
    for (;;) {
      const page: ListPage = await branch.page({ prefix: 'p/', delimiter: '/', after, afterSubtree: after !== '', limit: pageSize })
      for (const path of page.commonPrefixes) {
        if (timeOfId(path.slice('p/'.length)) >= oldest) return
        const parts = await branch.all(path)
        await branch.write({ edits: [{ kind: 'delete', key: path, subtree: true }] })
        letGoFileSets(this.backend.transport, parts.map((part) => parsePartRecord(part).fileSet))
      }
      if (page.next === undefined) return
      after = page.next
    }
  }
}

/** One after the other, so that a sweep never stands in anybody's way; what cannot be removed now is passed over. */
async function each(branch: UploadBranch, prefix: string, work: (stat: Stat) => Promise<void>): Promise<void> {
  let after: string | undefined = ''
  while (after !== undefined) {
    const page: ListPage = await branch.page({ prefix, after, limit: pageSize })
    for (const stat of page.files) await work(stat).catch(() => undefined)
    after = page.next
  }
}
