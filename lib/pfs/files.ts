import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import type { Commit, FileInfo, GlobFileRequest } from '../wire/messages'
import type { Stat } from './contract'
import { fromRpc } from './failure'
import { pathOf, type PathRule } from './path'
import { bucketName, type BranchRef } from './ref'
import { factsOf, seenIn, type FileFacts, type Tree } from './stat'
import type { Transport } from './transport'
import { repoKey, wireBranch, wireCommit, wireRepo } from './wire-ref'

const absent = Symbol('no such file')

/** What is known of single files. A finished commit never changes, so what was seen in one (nothing, too) holds for ever. */
export class Files {
  private readonly transport: Transport
  private readonly paths: PathRule
  private readonly known = new LRUCache<string, FileFacts | typeof absent>({
    maxSize: limits.rememberedFilesBytesMax, sizeCalculation: (facts, key) => 400 + 2 * key.length + weightOf(facts),
  })

  constructor(transport: Transport, paths: PathRule) {
    this.transport = transport
    this.paths = paths
  }

  /**
   * The file of exactly this key, or undefined; `withBody`, its bytes may come along, which are not remembered here. no-version
   * where the commit is gone.
   */
  async stat(tree: Tree, key: string, withBody = false): Promise<Stat | undefined> {
    const path = pathOf(key, this.paths)
    if (path === undefined || tree.commit === '') return undefined
    const place = `${repoKey(tree)}@${tree.commit}${path}`
    const known = this.known.get(place)
    if (known !== undefined) return known === absent ? undefined : seenIn(tree, known)
    const info = await this.find(wireCommit(tree), path, withBody)
    const facts = info === undefined ? absent : factsOf(key, info, tree.commit)
    this.known.set(place, facts)
    if (facts === absent) return undefined
    return seenIn(tree, facts, withBody ? info?.content : undefined)
  }

  /** The same of a branch, as it is at some moment after this call; nothing of it is remembered. no-bucket. */
  async now(branch: BranchRef, key: string): Promise<Stat | undefined> {
    const path = pathOf(key, this.paths)
    if (path === undefined) return undefined
    const info = await this.find({ repo: wireRepo(branch), branch: wireBranch(branch) }, path, false)
    const tree: Tree = { ...branch, bucket: bucketName(branch), commit: branch.branch, asked: undefined }
    return info === undefined ? undefined : seenIn(tree, factsOf(key, info, ''))
  }

  /** A range that only this path can be in: a pattern could match others, and a path alone is a pattern. */
  private find(commit: Commit, path: string, withBody: boolean): Promise<FileInfo | undefined> {
    return new Promise((resolve, reject) => {
      let found: FileInfo | undefined
      const request: GlobFileRequest = { commit, pattern: '**', path_range: { lower: path, upper: `${path}\0` } }
      if (withBody) request.content_bytes_max = limits.broughtBodyBytesMax
      this.transport.serverStream('/pfs_v2.API/GlobFile', request).start({
        data: (info) => {
          if (info.file_type !== 'DIR' && info.file?.path === path) found = info
          return true
        },
        end: () => resolve(found),
        fail: (error) => reject(fromRpc(error)),
      })
    })
  }
}

function weightOf(facts: FileFacts | typeof absent): number {
  if (facts === absent || facts.attributes === undefined) return 0
  let bytes = 0
  for (const [name, value] of Object.entries(facts.attributes.entries)) bytes += 100 + 2 * (name.length + value.length)
  return bytes + (facts.attributes.parts?.sizes.length ?? 0) * 32 + (facts.attributes.parts?.checksums?.length ?? 0) * 120
}
