import { StoreDamaged } from './failure'
import { after, keys, lastNumber } from './keys'
import type { RowSource } from './row-source'
import type { BlobRow, BranchRow, CommitRow, FileSetRow, ProjectRow, RepoRow } from './rows'
import type { Reader } from './store'
import { blobs, branches, children, commitOfId, commits, fileSets, history, nameOfId, projects, repos } from './tables'

/** The look-ups, over whichever state it is given. `now` tells whether a file set has expired. */
export class RowsReader implements Reader {
  protected readonly source: RowSource
  private readonly clock: () => number

  constructor(source: RowSource, clock: () => number) {
    this.source = source
    this.clock = clock
  }

  node(id: number): Buffer {
    const node = this.source.node(id)
    if (node === undefined) throw new StoreDamaged(`there is no node ${id}`)
    return node
  }

  blob(id: number): BlobRow | undefined {
    return this.source.get(blobs, keys.number(id))
  }

  project(name: string): ProjectRow | undefined {
    return name.includes('\0') ? undefined : this.source.get(projects, keys.project(name))
  }

  projectById(id: number): ProjectRow | undefined {
    const key = this.source.get(nameOfId, keys.projectId(id))
    return key === undefined ? undefined : this.source.get(projects, key)
  }

  projects(): Iterable<ProjectRow> {
    return rowsOf(this.source.range(projects, 'p', 'q'))
  }

  repo(project: number, name: string, type: string): RepoRow | undefined {
    return name.includes('\0') || type.includes('\0') ? undefined : this.source.get(repos, keys.repo(project, name, type))
  }

  repoById(id: number): RepoRow | undefined {
    const key = this.source.get(nameOfId, keys.repoId(id))
    return key === undefined ? undefined : this.source.get(repos, key)
  }

  repos(project: number): Iterable<RepoRow> {
    const prefix = `r${keys.number(project)}`
    return rowsOf(this.source.range(repos, prefix, after(prefix)))
  }

  branch(repo: number, name: string): BranchRow | undefined {
    return name.includes('\0') ? undefined : this.source.get(branches, keys.branch(repo, name))
  }

  branches(repo: number): Iterable<BranchRow> {
    const prefix = `b${keys.number(repo)}`
    return rowsOf(this.source.range(branches, prefix, after(prefix)))
  }

  commit(seq: number): CommitRow | undefined {
    return this.source.get(commits, keys.number(seq))
  }

  /** The index has only the raw digits: an id in upper-case hex is none, and the row decides. */
  commitById(repo: number, id: string): CommitRow | undefined {
    if (id.length !== 32) return undefined
    const key = this.source.get(commitOfId, keys.commitOfId(repo, id))
    const row = key === undefined ? undefined : this.source.get(commits, key)
    return row?.id === id ? row : undefined
  }

  /** By the index of a repo's commits, which those that are gone have left. */
  * commits(repo: number): Iterable<CommitRow> {
    const prefix = keys.number(repo)
    for (const [key] of this.source.range(history, prefix, after(prefix), true)) {
      const row = this.commit(lastNumber(key))
      if (row !== undefined) yield row
    }
  }

  * children(seq: number): Iterable<number> {
    const prefix = keys.number(seq)
    for (const [key] of this.source.range(children, prefix, after(prefix))) yield lastNumber(key)
  }

  fileSet(token: string): FileSetRow | undefined {
    const row = token.includes('\0') ? undefined : this.source.get(fileSets, keys.fileSet(token))
    return row === undefined || (row.expires !== 0 && row.expires <= this.clock()) ? undefined : row
  }
}

function * rowsOf<Row>(entries: Iterable<readonly [string, Row]>): Iterable<Row> {
  for (const [, row] of entries) yield row
}
