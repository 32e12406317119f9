import type { RpcTable } from '../../lib/pfs/transport'
import type { Commit, CopyFile, FileInfo, ModifyFileRequest, Repo } from '../../lib/wire/messages'
import { ordered, pageOf, revisionOf, stamp, type FakeFile } from './map-files'

/** A server of maps, as small as a test of the gateway's side allows: whole files, no directories, no checks of names. */
interface FakeCommit {
  id: string
  repo: FakeRepo
  parent: string | undefined
  files: Map<string, FakeFile>
  time: number
  state: 'open' | 'finished'
  error: string
  origin: 'USER' | 'AUTO'
}
export interface FakeRepo { project: string, name: string, type: string, branches: Map<string, string>, commits: Map<string, FakeCommit> }

export function rpcFailure(code: number, details: string): Error {
  return Object.assign(new Error(details), { code, details })
}

const key = (repo: Repo | undefined): string => `${repo?.project?.name}/${repo?.name}.${repo?.type}`

export class MapServer {
  /** Batches as they came: paths of each ModifyFile that was ended. */
  readonly batches: string[][] = []
  readonly repos = new Map<string, FakeRepo>()
  readonly projects = new Set(['default'])
  readonly fileSets = new Map<string, Map<string, Buffer>>()
  /** Whatever stands here is waited for before a ModifyFile commits. */
  gate: Promise<void> | undefined
  /** Asked before a message is taken; throws to refuse. */
  check: (message: ModifyFileRequest) => void = () => undefined
  /** Files of up to so many bytes come with their content from a GlobFile, whatever it asks for. */
  contentBytesMin = -1
  /** What a GlobFile gives as a file's content. */
  contentOf: (bytes: Buffer) => Buffer = (bytes) => Buffer.from(bytes)
  /** Runs before a GlobFile looks. */
  beforeGlob: () => void = () => undefined
  /** Runs behind the commit of a ModifyFile, before that is answered. */
  afterCommit: (commit: FakeCommit) => void = () => undefined
  /** Run before a DeleteBranch or a DeleteRepo looks. */
  beforeDelete: () => void = () => undefined
  beforeDeleteRepo: () => void | Promise<void> = () => undefined
  private lastId = 0
  private now = 1_700_000_000_000

  newId(): string {
    return `${(++this.lastId).toString(16).padStart(12, '0')}4${'0'.repeat(19)}`
  }

  repo(repo: Repo | undefined): FakeRepo {
    const found = this.repos.get(key(repo))
    if (found === undefined) throw rpcFailure(5, `repo ${repo?.project?.name}/${repo?.name} not found`)
    return found
  }

  commit(repo: FakeRepo, id: string | undefined): FakeCommit {
    const found = repo.commits.get(id ?? '')
    if (found === undefined) throw rpcFailure(5, `commit ${repo.name}@${id} not found`)
    return found
  }

  head(repo: FakeRepo, branch: string | undefined): FakeCommit {
    const id = repo.branches.get(branch ?? '')
    if (id === undefined) throw rpcFailure(5, `branch "${branch}" not found in repo ${repo.project}/${repo.name}`)
    return this.commit(repo, id)
  }

  addCommit(repo: FakeRepo, branch: string, facts: Partial<FakeCommit> = {}): FakeCommit {
    const parent = repo.branches.get(branch)
    const base = parent === undefined ? undefined : this.base(repo, parent)
    const commit: FakeCommit = {
      id: this.newId(), repo, parent, files: new Map(base?.files), time: ++this.now, state: 'finished', error: '', origin: 'USER', ...facts,
    }
    repo.commits.set(commit.id, commit)
    repo.branches.set(branch, commit.id)
    return commit
  }

  private base(repo: FakeRepo, id: string): FakeCommit | undefined {
    let commit: FakeCommit | undefined = this.commit(repo, id)
    while (commit !== undefined && commit.error !== '') commit = commit.parent === undefined ? undefined : repo.commits.get(commit.parent)
    return commit
  }

  makeBranch(project: string, name: string, branch: string, type = 'user'): FakeRepo {
    const id = key({ name, type, project: { name: project } })
    const repo = this.repos.get(id) ?? { project, name, type, branches: new Map(), commits: new Map() }
    this.repos.set(id, repo)
    this.addCommit(repo, branch, { origin: 'AUTO' })
    return repo
  }

  files(commit: Commit | undefined): Map<string, FakeFile> {
    if (commit?.repo?.name !== '__filesets__') return this.commit(this.repo(commit?.repo), commit?.id).files
    const set = this.fileSets.get(commit.id ?? '')
    if (set === undefined) throw rpcFailure(2, 'path does not exist')
    return new Map([...set].map(([path, bytes]) => [path, { bytes, created: '', time: 0 }]))
  }

  private info(repo: FakeRepo, commit: FakeCommit, path: string, file: FakeFile): FileInfo {
    const info: FileInfo = {
      file: { commit: { repo: { name: repo.name, type: repo.type, project: { name: repo.project } }, id: commit.id }, path },
      file_type: 'FILE', created: { commit_id: file.created, time: stamp(file.time) }, revision: revisionOf(file),
    }
    if (file.bytes.length > 0) info.size_bytes = file.bytes.length
    if (file.attributes !== undefined) info.attributes = file.attributes
    return info
  }

  private modified(messages: ModifyFileRequest[]): FakeCommit {
    const [first, ...rest] = messages
    const repo = this.repo(first?.set_commit?.branch?.repo)
    const branch = first?.set_commit?.branch?.name ?? ''
    const expected = first?.expected_head
    const closed = expected === '*' && repo.branches.has(branch) && this.head(repo, branch).state !== 'open'
    if (expected !== undefined && !closed && repo.branches.get(branch) !== expected) throw rpcFailure(9, 'the head is another commit')
    for (const { expect_file: expectation } of rest) {
      const there = this.base(repo, repo.branches.get(branch) ?? '')?.files.get(expectation?.path ?? '')
      if (expectation !== undefined && revisionOf(there) !== (expectation.revision ?? 0)) throw rpcFailure(9, 'a file is another one by now')
    }
    for (const message of rest) this.check(message)
    const copies = rest.map((message) => message.copy_file === undefined ? undefined : this.source(message.copy_file))
    const commit = this.addCommit(repo, branch)
    const paths: string[] = []
    for (const [index, message] of rest.entries()) {
      if (message.delete_file?.path !== undefined) {
        commit.files.delete(message.delete_file.path)
        paths.push(`-${message.delete_file.path}`)
      } else if (message.add_file?.path !== undefined) {
        const { path, attributes } = message.add_file
        const bytes = Buffer.concat([commit.files.get(path)?.bytes ?? Buffer.alloc(0), message.add_file.raw?.value ?? Buffer.alloc(0)])
        commit.files.set(path, { bytes, created: commit.id, time: commit.time, ...(attributes === undefined ? {} : { attributes }) })
        paths.push(`+${path}`)
      } else if (message.copy_file?.dst !== undefined) {
        const source = copies[index]
        const attributes = message.copy_file.attributes ?? source?.attributes
        if (source !== undefined) {
          commit.files.set(message.copy_file.dst, {
            bytes: source.bytes, created: commit.id, time: commit.time, ...(attributes === undefined ? {} : { attributes }) })
        }
        paths.push(`=${message.copy_file.dst}`)
      }
    }
    this.batches.push(paths)
    this.afterCommit(commit)
    return commit
  }

  private source(copy: CopyFile): FakeFile | undefined {
    return this.files(copy.src?.commit).get(copy.src?.path ?? '')
  }

  /** `extended`: everything that the program adds to the contract; without, a server that knows plain calls only. */
  table(extended = true): RpcTable {
    return { ...this.repoCalls(), ...this.commitCalls(), ...this.fileCalls(), ...this.writeCalls(extended), ...(extended ? this.extension() : {}) }
  }

  private repoCalls(): RpcTable {
    return {
      '/pfs_v2.API/CreateProject': ({ project }) => { this.projects.add(project?.name ?? ''); return {} },
      '/pfs_v2.API/CreateRepo': ({ repo }) => {
        const project = repo?.project?.name ?? ''
        if (!this.projects.has(project)) throw rpcFailure(5, `cannot find project "${project}": project "${project}" not found`)
        if (this.repos.has(key(repo))) throw rpcFailure(6, `repo ${project}/${repo?.name} already exists`)
        this.repos.set(key(repo), { project, name: repo?.name ?? '', type: repo?.type ?? '', branches: new Map(), commits: new Map() })
        return {}
      },
      '/pfs_v2.API/DeleteRepo': async ({ repo, if_unwritten: unwritten }) => {
        await this.beforeDeleteRepo()
        const { branches, commits } = this.repo(repo)
        const written = branches.size > 0 || [...commits.values()].some(({ origin }) => origin !== 'AUTO')
        if (unwritten === true && written) throw rpcFailure(9, 'the repo was written to')
        return { deleted: this.repos.delete(key(repo)) }
      },
      '/pfs_v2.API/ListRepo': (_request, out) => {
        for (const repo of this.repos.values()) {
          if (repo.type !== 'user') continue
          void out.send({
            repo: { name: repo.name, type: repo.type, project: { name: repo.project } }, created: stamp(1),
            branches: [...repo.branches.keys()].map((name) => ({ name })),
          })
        }
      },
      '/pfs_v2.API/CreateBranch': ({ branch }) => {
        this.makeBranch(branch?.repo?.project?.name ?? '', branch?.repo?.name ?? '', branch?.name ?? '', branch?.repo?.type)
        return {}
      },
      '/pfs_v2.API/InspectBranch': ({ branch }) => (
        { branch: branch ?? {}, head: { id: this.head(this.repo(branch?.repo), branch?.name).id }, created_at: stamp(5000) }),
      '/pfs_v2.API/DeleteBranch': ({ branch, expected_head: expected }) => {
        this.beforeDelete()
        const repo = this.repo(branch?.repo)
        if (expected !== undefined && this.head(repo, branch?.name).id !== expected) throw rpcFailure(9, 'the head is another commit')
        repo.branches.delete(branch?.name ?? '')
        return {}
      },
    }
  }

  private commitCalls(): RpcTable {
    const info = (commit: FakeCommit) => ({
      commit: { id: commit.id }, origin: { kind: commit.origin }, ...(commit.error === '' ? {} : { error: commit.error }),
      ...(commit.state === 'open' ? {} : { finishing: stamp(commit.time), finished: stamp(commit.time) }),
    })
    return {
      '/pfs_v2.API/InspectCommit': async ({ commit, wait }) => {
        const found = this.commit(this.repo(commit?.repo), commit?.id)
        while (wait === 'FINISHED' && found.state === 'open') await new Promise((resolve) => setImmediate(resolve))
        return info(found)
      },
      '/pfs_v2.API/ListCommit': ({ repo: named, to }, out) => {
        const repo = this.repo(named)
        if (to === undefined) for (const commit of [...repo.commits.values()].reverse()) void out.send(info(commit))
        else for (let commit = repo.commits.get(to.id ?? ''); commit !== undefined; commit = repo.commits.get(commit.parent ?? '')) void out.send(info(commit))
      },
    }
  }

  private fileCalls(): RpcTable {
    return {
      '/pfs_v2.API/GlobFile': ({ commit, path_range: range, content_bytes_max: contentBytesMax = 0 }, out) => {
        this.beforeGlob()
        const repo = this.repo(commit?.repo)
        const found = this.commit(repo, commit?.id)
        for (const [path, file] of ordered(found.files)) {
          if (path < (range?.lower ?? '') || (range?.upper !== undefined && path >= range.upper)) continue
          const content = file.bytes.length <= Math.max(contentBytesMax, this.contentBytesMin) ? { content: this.contentOf(file.bytes) } : {}
          void out.send({ ...this.info(repo, found, path, file), ...content })
        }
      },
      '/pfs_v2.API/GetFile': async ({ file, path_range: range, offset = 0, length }, out) => {
        const found = this.files(file?.commit).get(range?.lower ?? '')
        if (found === undefined) throw rpcFailure(5, `file ${range?.lower} not found in repo r at commit ${file?.commit?.id}`)
        const bytes = found.bytes.subarray(offset, length === undefined ? undefined : offset + length)
        for (let at = 0; at < bytes.length && !out.cancelled; at += 1000) await out.send({ value: Buffer.from(bytes.subarray(at, at + 1000)) })
      },
    }
  }

  private writeCalls(extended: boolean): RpcTable {
    return {
      '/pfs_v2.API/ModifyFile': (context) => {
        const messages: ModifyFileRequest[] = []
        return {
          message: (message) => { messages.push(message) },
          end: async () => {
            await this.gate
            const commit = this.modified(messages)
            if (extended) {
              context.answer('pfs-commit-id', commit.id)
              context.answer('pfs-commit-time', String(commit.time))
            }
            return {}
          },
          abort: () => undefined,
        }
      },
      '/pfs_v2.API/CreateFileSet': () => {
        const files = new Map<string, Buffer>()
        return {
          message: ({ add_file: add }) => {
            if (add?.path === undefined) throw rpcFailure(2, 'unrecognized message type')
            files.set(add.path, Buffer.concat([files.get(add.path) ?? Buffer.alloc(0), add.raw?.value ?? Buffer.alloc(0)]))
          },
          end: () => {
            const id = `secret${this.newId()}`
            this.fileSets.set(id, files)
            return Promise.resolve({ file_set_id: id })
          },
          abort: () => undefined,
        }
      },
      '/pfs_v2.API/RenewFileSet': ({ file_set_id: id, ttl_seconds: ttl }) => {
        if (ttl === 1) this.fileSets.delete(id ?? '')
        return {}
      },
    }
  }

  private extension(): RpcTable {
    return {
      '/pfs_extension.API/Capabilities': () => ({
        paths: 's3', attributes: true, created: true, literal: true, expected_head: true, read_length: true, list: true,
        commit_id: true, if_unwritten: true }),
      '/pfs_extension.API/List': (request) => {
        const repo = { name: request.repo, type: request.repo_type, project: { name: request.project } } as Repo
        const { files } = this.commit(this.repo(repo), request.commit_id)
        return pageOf(files, request)
      },
    }
  }
}
