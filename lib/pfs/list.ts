import type { ListRequest, ListResponse } from '../wire/messages'
import type { ListPage, ListQuery } from './contract'
import { orPfsError } from './failure'
import { listByGlob } from './list-by-glob'
import { keyOf } from './path'
import { factsOf, seenIn, type Tree } from './stat'
import type { Transport } from './transport'

/** One page of a snapshot's keys and common prefixes: one call where the server has pages, else as many ranges as there are prefixes. */
export async function list(transport: Transport, paged: boolean, tree: Tree, query: ListQuery): Promise<ListPage> {
  if (tree.commit === '') return { files: [], commonPrefixes: [], next: undefined }
  if (!paged) return listByGlob(transport, tree, query)
  return pageOf(tree, await orPfsError(transport.unary('/pfs_extension.API/List', requestOf(tree, query))))
}

/** Paths are keys behind a slash, so every bound gets one too. */
function requestOf(tree: Tree, query: ListQuery): ListRequest {
  const request: ListRequest = {
    project: tree.project, repo: tree.repo, repo_type: tree.type ?? 'user', commit_id: tree.commit,
    prefix: `/${query.prefix}`, limit: query.limit,
  }
  if (query.delimiter !== '') request.delimiter = query.delimiter
  if (query.after !== '') request.after = `/${query.after}`
  if (query.afterSubtree) request.after_subtree = true
  return request
}

function pageOf(tree: Tree, answer: ListResponse): ListPage {
  return {
    files: (answer.files ?? []).map((file) => seenIn(tree, factsOf(keyOf(file.path ?? ''), file, tree.commit))),
    commonPrefixes: (answer.common_prefixes ?? []).map(keyOf),
    next: answer.truncated === true && answer.last !== undefined ? keyOf(answer.last) : undefined,
  }
}
