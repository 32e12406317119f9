import type {
  Attributes, Bucket, Change, ListPage, ListQuery, Pfs, Put, Snapshot, Stage, StageOptions, Staged, Stat, Uploads, Written,
} from '../../lib/pfs/contract'
import type { ByteReceiver, ByteSource } from '../../lib/kit/byte-source'
import { PfsError } from '../../lib/pfs/failure'
import { fakeUploads } from './fake-uploads'

/**
 * PFS in memory, for tests of operations: real enough in names, versions, order and judging, with a clock and commit ids
 * that count. `calls` has the name of every contract method asked, in order; `fail` makes one of them reject.
 */
interface File {
  readonly bytes: Buffer
  readonly attributes: Attributes | undefined
  readonly version: string
  readonly modified: Date
}

interface Commit { readonly repo: string, readonly time: Date, readonly files: ReadonlyMap<string, File> }
interface Ref { readonly commit: string | undefined, readonly branch: string, readonly repo: string, readonly project: string }

const commitId = /^[0-9a-f]{12}4[0-9a-f]{19}$/

export class FakePfs implements Pfs {
  readonly calls: string[] = []
  /** Rejects the next calls of that method until it is deleted. */
  readonly fail = new Map<keyof Pfs, unknown>()
  readonly uploads: Uploads = fakeUploads(this)
  /** `<branch>.<repo>.<project>` to its head. */
  private readonly heads = new Map<string, string>()
  private readonly commits = new Map<string, Commit>()
  private readonly fileSets = new Map<string, Buffer>()
  private counter = 0

  /** Makes the bucket and, in one commit, the objects. Answers the commit. */
  async seed(bucket: string, objects: Readonly<Record<string, string | Buffer>> = {}, attributes?: Attributes): Promise<string> {
    await this.createBucket(bucket)
    const edits: Put[] = Object.entries(objects).map(([key, content]) => ({
      kind: 'put', key, content: held(Buffer.from(content)), ...attributes === undefined ? {} : { attributes },
    }))
    const version = edits.length === 0 ? this.head(bucket) : (await this.write(bucket, { edits })).version
    this.calls.length = 0
    return version
  }

  /** Content at the head, as text; undefined where there is none. */
  text(bucket: string, key: string): string | undefined {
    return this.commits.get(this.head(bucket))?.files.get(key)?.bytes.toString()
  }

  head(bucket: string): string {
    const head = this.heads.get(branchName(parse(bucket)))
    if (head === undefined) throw new PfsError('no-bucket', bucket)
    return head
  }

  /** Removes a commit, as a squash does. */
  forget(commit: string): void {
    this.commits.delete(commit)
  }

  async buckets(): Promise<readonly Bucket[]> {
    this.called('buckets')
    return [...this.heads.keys()].sort(byteOrder).map((name) => ({ name, created: new Date(epoch), readOnly: false }))
  }

  async bucket(name: string): Promise<Bucket> {
    this.called('bucket')
    const ref = parse(name)
    this.resolve(name, ref)
    const full = branchName(ref)
    return { name: ref.commit === undefined ? full : `${ref.commit}.${full}`, created: new Date(epoch), readOnly: ref.commit !== undefined }
  }

  async createBucket(name: string): Promise<{ created: boolean }> {
    this.called('createBucket')
    const ref = this.writable(name)
    const created = !this.heads.has(branchName(ref))
    if (created) this.heads.set(branchName(ref), this.commit(ref, new Map()).version)
    return { created }
  }

  async deleteBucket(name: string): Promise<void> {
    this.called('deleteBucket')
    const ref = this.writable(name)
    if ((this.commits.get(this.head(name))?.files.size ?? 0) > 0) throw new PfsError('not-empty', name)
    this.heads.delete(branchName(ref))
  }

  async snapshot(bucket: string, version?: string): Promise<Snapshot> {
    this.called('snapshot')
    const ref = parse(bucket)
    const commit = version ?? this.resolve(bucket, ref)
    if (this.commits.get(commit)?.repo !== repoName(ref)) throw new PfsError('no-version', commit)
    return { bucket, project: ref.project, repo: ref.repo, commit, asked: version ?? ref.commit }
  }

  async snapshotAt(bucket: string, commit: string): Promise<Snapshot> {
    this.called('snapshotAt')
    const ref = parse(bucket)
    this.resolve(bucket, ref)
    if (this.commits.get(commit)?.repo !== repoName(ref)) throw new PfsError('snapshot-gone', commit)
    return { bucket, project: ref.project, repo: ref.repo, commit, asked: ref.commit }
  }

  /** How often a look-up was to bring the body along. */
  bodiesWanted = 0

  async stat(snapshot: Snapshot, key: string, withBody = false): Promise<Stat | undefined> {
    this.called('stat')
    if (withBody) this.bodiesWanted += 1
    return this.statOf(snapshot, key)
  }

  read(file: Stat, offset: number, length: number): ByteSource {
    this.called('read')
    const bytes = this.commits.get(file.snapshot.commit)?.files.get(file.key)?.bytes
    if (bytes === undefined || offset < 0 || length < 0 || offset + length > bytes.length) throw new Error('read outside of the file')
    return sourceOf(bytes.subarray(offset, offset + length))
  }

  /** What a test says is remembered, by key. */
  readonly remembered = new Map<string, Buffer>()

  atHand(file: Stat, offset: number, length: number): Buffer | undefined {
    return this.remembered.get(file.key)?.subarray(offset, offset + length)
  }

  async list(snapshot: Snapshot, query: ListQuery): Promise<ListPage> {
    this.called('list')
    const files: Stat[] = []
    const commonPrefixes: string[] = []
    let last: string | undefined
    for (const key of [...this.commits.get(snapshot.commit)?.files.keys() ?? []].sort(byteOrder)) {
      if (!key.startsWith(query.prefix) || byteOrder(key, query.after) <= 0) continue
      if (query.afterSubtree && key.startsWith(query.after)) continue
      const cut = query.delimiter === '' ? -1 : key.indexOf(query.delimiter, query.prefix.length)
      const shown = cut === -1 ? key : key.slice(0, cut + query.delimiter.length)
      if (cut !== -1 && shown === commonPrefixes.at(-1)) continue
      if (files.length + commonPrefixes.length === query.limit) return { files, commonPrefixes, next: last }
      if (cut !== -1) commonPrefixes.push(shown)
      else files.push(this.statOf(snapshot, key) as Stat) // the key comes from this very snapshot
      last = shown
    }
    return { files, commonPrefixes, next: undefined }
  }

  stage(options: StageOptions): Stage {
    this.called('stage')
    const chunks: Buffer[] = []
    return {
      write: (chunk) => void chunks.push(chunk),
      finish: async () => {
        const bytes = Buffer.concat(chunks)
        if (options.fileSet !== true) return held(bytes)
        const id = `file-set-${++this.counter}`
        this.fileSets.set(id, bytes)
        return { size: bytes.length, content: { kind: 'file-set', id }, discard: async () => void this.fileSets.delete(id) }
      },
      discard: async () => { chunks.length = 0 },
    }
  }

  async write(bucket: string, change: Change): Promise<Written> {
    this.called('write')
    if (change.abandoned?.() === true) throw new PfsError('abandoned', bucket)
    const ref = this.writable(bucket)
    const snapshot: Snapshot = { bucket, project: ref.project, repo: ref.repo, commit: this.head(bucket), asked: undefined }
    const files = new Map(this.commits.get(snapshot.commit)?.files)
    const refused = new Map<number, unknown>()
    const { version, time } = this.nextCommit()
    for (const [index, edit] of change.edits.entries()) {
      try {
        edit.judge?.(this.statOf(snapshot, edit.key))
      } catch (error) {
        if (edit.kind === 'put' || edit.lenient !== true) throw error
        refused.set(index, error)
        continue
      }
      if (edit.kind === 'delete') files.delete(edit.key)
      else files.set(edit.key, { bytes: this.bytesOf(edit), attributes: attributesOf(edit), version, modified: time })
    }
    this.commits.set(version, { repo: repoName(ref), time, files })
    this.heads.set(branchName(ref), version)
    return { version, time, refused }
  }

  /** Bytes of a staged body or of what a copy names. */
  bytesOf(put: Pick<Put, 'content'>): Buffer {
    if ('kind' in put.content) {
      const from = put.content.from
      return this.commits.get(from.snapshot.commit)?.files.get(from.key)?.bytes ?? Buffer.alloc(0)
    }
    const content = put.content.content
    return content.kind === 'held' ? content.bytes : this.fileSets.get(content.id) ?? Buffer.alloc(0)
  }

  private statOf(snapshot: Snapshot, key: string): Stat | undefined {
    const file = this.commits.get(snapshot.commit)?.files.get(key)
    if (file === undefined) return undefined
    const { attributes, version, modified } = file
    return { key, size: file.bytes.length, version, modified, snapshot, ...attributes === undefined ? {} : { attributes } }
  }

  private called(name: keyof Pfs): void {
    this.calls.push(name)
    if (this.fail.has(name)) throw this.fail.get(name)
  }

  private resolve(bucket: string, ref: Ref): string {
    if (ref.commit === undefined) return this.head(bucket)
    if (this.commits.get(ref.commit)?.repo !== repoName(ref)) throw new PfsError('no-bucket', bucket)
    return ref.commit
  }

  private writable(bucket: string): Ref {
    const ref = parse(bucket)
    if (ref.commit !== undefined) throw new PfsError('read-only', bucket)
    return ref
  }

  private commit(ref: Ref, files: ReadonlyMap<string, File>): { version: string, time: Date } {
    const { version, time } = this.nextCommit()
    this.commits.set(version, { repo: repoName(ref), time, files })
    return { version, time }
  }

  private nextCommit(): { version: string, time: Date } {
    const count = ++this.counter
    return { version: `${count.toString(16).padStart(12, '0')}4${'0'.repeat(19)}`, time: new Date(epoch + count * 1000) }
  }
}

const epoch = Date.UTC(2026, 0, 1)

function parse(bucket: string): Ref {
  const parts = bucket.split('.')
  const commit = parts.length > 1 && commitId.test(parts[0] ?? '') ? parts.shift() : undefined
  if (parts.length > 3 || parts.some((part) => !/^[\w-]+$/.test(part))) throw new PfsError('bad-name', bucket)
  const [first = '', second, third] = parts
  return second === undefined
    ? { commit, branch: 'master', repo: first, project: 'default' }
    : { commit, branch: first, repo: second, project: third ?? 'default' }
}

const branchName = (ref: Ref): string => `${ref.branch}.${ref.repo}.${ref.project}`
const repoName = (ref: Ref): string => `${ref.repo}.${ref.project}`
const byteOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const attributesOf = (put: Put): Attributes | undefined =>
  put.attributes ?? ('kind' in put.content ? put.content.from.attributes : undefined)

/** A body in memory, as a stage would hand it over. */
export function held(bytes: Buffer): Staged {
  return { size: bytes.length, content: { kind: 'held', bytes }, discard: async () => undefined }
}

function sourceOf(bytes: Buffer): ByteSource {
  let receiver: ByteReceiver | undefined
  let offset = 0
  const pump = (): void => {
    while (receiver !== undefined && offset < bytes.length) {
      const chunk = bytes.subarray(offset, offset += 65536)
      if (!receiver.data(chunk)) return
    }
    const done = receiver
    receiver = undefined
    done?.end()
  }
  return {
    start: (to) => { receiver = to; setImmediate(pump) },
    resume: () => void setImmediate(pump),
    park: (unused) => { offset -= unused },
    cancel: () => { receiver = undefined },
  }
}
