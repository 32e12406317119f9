import type { BranchRow, CommitRow, FileSetRow, ProjectRow, RepoRow } from '../../lib/pfsd/store/rows'
import type { Reader } from '../../lib/pfsd/store/store'

/** The rows in plain maps, looked through from end to end: what the store's answers are compared with. */
export class ModelStore {
  projects = new Map<string, ProjectRow>()
  repos = new Map<string, RepoRow>()
  branches = new Map<string, BranchRow>()
  commits = new Map<number, CommitRow>()
  fileSets = new Map<string, FileSetRow>()
  nodes = new Map<number, number>()

  copy(): ModelStore {
    return Object.assign(new ModelStore(), structuredClone({ ...this }))
  }

  /** Everything that a reader can tell, of the model. */
  picture(): unknown {
    const commits = [...this.commits.values()]
    const live = commits.filter((row) => !row.gone)
    const projects = sorted([...this.projects.values()], (row) => row.name)
    return {
      projects,
      repos: projects.map((row) => {
        return sorted([...this.repos.values()].filter((repo) => repo.project === row.id), (repo) => `${repo.name}\0${repo.type}`)
      }),
      byId: [...this.repos.values()].map((row) => row.name).sort(),
      branches: repoIds.map((id) => sorted([...this.branches.values()].filter((row) => row.repo === id), (row) => row.name)),
      commits: repoIds.map((id) => live.filter((row) => row.repo === id).sort((a, b) => b.seq - a.seq)),
      all: commits.sort((a, b) => a.seq - b.seq),
      children: commits.map((row) => live.filter((child) => child.parent === row.seq).map((child) => child.seq).sort((a, b) => a - b)),
      fileSets: tokens.map((token) => this.fileSets.get(token)),
      nodes: [...this.nodes].sort((a, b) => a[0] - b[0]),
    }
  }

  /** The same of a store, asked for what the model holds. */
  pictureOf(reader: Reader): unknown {
    const commits = [...this.commits.values()].sort((a, b) => a.seq - b.seq)
    const projects = [...reader.projects()]
    return {
      projects: projects.map((row) => reader.projectById(row.id)),
      repos: projects.map((row) => [...reader.repos(row.id)]),
      byId: [...this.repos.values()].map((row) => reader.repoById(row.id)?.name).sort(),
      branches: repoIds.map((id) => [...reader.branches(id)].map((row) => reader.branch(id, row.name))),
      commits: repoIds.map((id) => [...reader.commits(id)].map((row) => reader.commitById(id, row.id))),
      all: commits.map((row) => reader.commit(row.seq)),
      children: commits.map((row) => [...reader.children(row.seq)]),
      fileSets: tokens.map((token) => reader.fileSet(token)),
      nodes: [...this.nodes.keys()].sort((a, b) => a - b).map((id) => [id, reader.node(id)[4]]),
    }
  }
}

export const repoIds = [1, 2, 256]
/** Byte order, not UTF-16 order: the last two stand the other way round in JavaScript. */
export const names = ['a', 'a-b', 'aé', '\uffee', '\u{1f600}']
export const tokens = ['0', '1', '2'].map((digit) => digit.repeat(32))

function sorted<Row>(rows: Row[], key: (row: Row) => string): Row[] {
  return rows.sort((a, b) => Buffer.compare(Buffer.from(key(a)), Buffer.from(key(b))))
}
