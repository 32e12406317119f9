import type { Branch, Commit, Repo, Timestamp } from '../wire/messages'
import type { BranchRef, RepoRef } from './ref'

/** Names as messages have them. A server defaults neither type nor project on its write paths, so both are always there. */
export function wireRepo(ref: RepoRef): Repo {
  return { name: ref.repo, type: ref.type ?? 'user', project: { name: ref.project } }
}

export function wireBranch(ref: BranchRef): Branch {
  return { repo: wireRepo(ref), name: ref.branch }
}

export function wireCommit(ref: RepoRef & { readonly commit: string }): Commit {
  return { repo: wireRepo(ref), id: ref.commit }
}

/** A file set as the commit that PFS shows it as. */
export function fileSetCommit(id: string): Commit {
  return { repo: { name: '__filesets__', type: 'user', project: { name: 'default' } }, id }
}

/** One text for each repo, for maps. */
export function repoKey(ref: RepoRef): string {
  return `${ref.project}/${ref.repo}.${ref.type ?? 'user'}`
}

export function branchKey(ref: BranchRef): string {
  return `${repoKey(ref)}@${ref.branch}`
}

/** ms since 1970. */
export function millisOf(time: Timestamp | undefined): number | undefined {
  return time === undefined ? undefined : (time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6
}
