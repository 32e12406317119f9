import { Code, RpcFailure } from '../failure'
import type { ServerStream } from '../service'
import type { CommitRow } from '../store/rows'
import type { Reader } from '../store/store'
import type { CommitInfo, ListCommitRequest } from '../../wire/messages'
import { commitInfo } from './shared/commit-info'
import { findRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { repoMessage, repoOfCommit, repoReference, repoText } from './shared/reference'
import { resolveCommit } from './shared/resolve-commit'
import { sendAll } from './shared/send-all'

/**
 * Newest first: the whole repo's commits, or with `to` the line of parents from there, up to but without `from`. At most
 * `number` of them, of the origin asked for, begun before `started_time`. UNKNOWN for combinations that pachd refuses.
 */
export function listCommit({ store }: Instance): ServerStream<ListCommitRequest, CommitInfo> {
  return (request, out) => {
    const { read } = store
    const repo = repoReference(request.repo)
    for (const commit of [request.from, request.to]) {
      if (commit === undefined || repoText(repoReference(repoOfCommit(commit))) === repoText(repo)) continue
      throw new RpcFailure(Code.unknown, `\`from\` and \`to\` commits need to be from repo ${repoText(repo)}`)
    }
    const row = findRepo(read, repo)
    if (row === undefined) throw new RpcFailure(Code.notFound, `ensure repo exists: repo ${repoText(repo)} not found`)
    if (request.from !== undefined && request.to === undefined) {
      throw new RpcFailure(Code.unknown, 'cannot use `from` commit without `to` commit')
    }
    if (request.reverse === true && request.to !== undefined) {
      throw new RpcFailure(Code.unknown, "cannot use 'Reverse' while also using 'From' or 'To'")
    }
    const rows = request.to === undefined
      ? wholeRepo(read, row.id, request.reverse === true)
      : line(read, resolveCommit(read, request.to).commit, request.from === undefined ? 0 : resolveCommit(read, request.from).commit.seq)
    const message = repoMessage(row, repo.project)
    return sendAll(selected(rows, request), (each) => listedCommit(read, each, message), out)
  }
}

function listedCommit(read: Reader, row: CommitRow, repo: NonNullable<ListCommitRequest['repo']>): CommitInfo {
  const info = commitInfo(read, row, repo)
  if (row.bytes !== 0) info.size_bytes_upper_bound = row.bytes
  return info
}

/** Newest first they are read as they are sent: what is committed meanwhile comes before them all. */
function wholeRepo(read: Reader, repo: number, reverse: boolean): Iterable<CommitRow> {
  return reverse ? [...present(read, repo)].reverse() : present(read, repo)
}

/** Without the commits that were squashed or dropped, whose rows stay for what they wrote. */
function* present(read: Reader, repo: number): Generator<CommitRow> {
  for (const row of read.commits(repo)) if (!row.gone) yield row
}

/** `from` is a sequence number; 0, which no commit has, walks to the root. */
function* line(read: Reader, to: CommitRow, from: number): Generator<CommitRow> {
  for (let row: CommitRow | undefined = to; row !== undefined && row.seq !== from;) {
    yield row
    row = row.parent === 0 ? undefined : read.commit(row.parent)
  }
}

/** The time bounds listings of the whole repo only, on the side that they run towards. */
function* selected(rows: Iterable<CommitRow>, request: ListCommitRequest): Generator<CommitRow> {
  const { all, origin_kind: origin, started_time: time, to } = request
  const anyOrigin = all === true || origin === undefined || origin === 'ORIGIN_KIND_UNKNOWN'
  const bound = time === undefined || to !== undefined ? undefined : (time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1_000_000
  let left = (request.number ?? 0) > 0 ? request.number ?? 0 : Infinity
  for (const row of rows) {
    if (!anyOrigin && row.origin !== origin) continue
    if (bound !== undefined && (request.reverse === true ? row.started <= bound : row.started >= bound)) continue
    if (left <= 0) return
    left--
    yield row
  }
}
