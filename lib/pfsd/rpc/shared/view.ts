import { Code, RpcFailure } from '../../failure'
import { fileSetRepo } from '../../model/names'
import { commitMessage } from './commit-info'
import { requireFileSet } from './file-sets'
import { projectOf } from './find'
import type { Instance } from './instance'
import { saying } from './pachd-texts'
import { repoMessage, repoText } from './reference'
import { resolveCommit } from './resolve-commit'
import { timestamp } from './timestamp'
import type { Commit, Timestamp } from '../../../wire/messages'

/** A tree to read, and what answers and errors say of where it is from: a commit, or a file set read as one. */
export interface View {
  readonly root: number
  /** As answers name it. */
  readonly commit: Commit
  /** The id as the caller sent it: errors repeat it. */
  readonly sentId: string
  readonly repoText: string
  /** When the commit was finished; undefined while it is open, and for file sets. */
  readonly committed: Timestamp | undefined
  /** Number of the commit while it is open, and what it wrote may be written again; else 0. */
  readonly open: number
}

/** Throws what resolving the commit throws, behind `prefix`. Reads of one view see one root, whatever is committed meanwhile. */
export function openView(instance: Instance, commit: Commit | undefined, prefix = ''): View {
  if (commit === undefined) throw new RpcFailure(Code.unknown, 'commit cannot be nil')
  if (commit.repo?.name === fileSetRepo) return fileSetView(instance, commit.id ?? '', prefix)
  const { read } = instance.store
  const { repo, reference, commit: row } = resolveCommit(read, commit, prefix)
  return {
    root: row.root,
    commit: commitMessage(row, repoMessage(repo, projectOf(read, repo).name)),
    sentId: commit.id ?? '',
    repoText: repoText(reference),
    committed: row.finishing === 0 ? undefined : timestamp(row.finishing),
    open: row.state === 'started' ? row.seq : 0,
  }
}

function fileSetView(instance: Instance, token: string, prefix: string): View {
  const row = saying(prefix, () => requireFileSet(instance.store.read, token, instance.now()))
  const repo = { name: fileSetRepo, type: 'user', project: { name: 'default' } }
  return { root: row.root, commit: { id: token, repo }, sentId: token, repoText: `default/${fileSetRepo}`, committed: undefined, open: 0 }
}

/** Both as the caller sent them: clients compare the text. */
export function fileMissing(view: View, path: string): RpcFailure {
  return new RpcFailure(Code.notFound, `file ${path} not found in repo ${view.repoText} at commit ${view.sentId}`)
}
