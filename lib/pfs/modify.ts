import type { CopyFile, ModifyFileRequest } from '../wire/messages'
import { attributesToWire } from './attributes'
import type { Edit, Put } from './contract'
import { fromRpc, PfsError } from './failure'
import { pathOf, requirePath, type PathRule } from './path'
import type { BranchRef } from './ref'
import { stagedPath } from './stage'
import type { ClientStream, Transport } from './transport'
import { fileSetCommit, wireBranch, wireCommit, wireRepo } from './wire-ref'

interface Modification {
  readonly transport: Transport
  readonly branch: BranchRef
  readonly paths: PathRule
  /** Paths are sent as exactly these paths. */
  readonly literal: boolean
  /** The commit is made only on top of this one, or of any `closedHead`. undefined: of any head, open or missing too. */
  readonly expectedHead: string | undefined
  /** The commit is made only where these keys have the file of that revision, or none. Asked of a server only with `expectedHead`. */
  readonly expectedFiles: ReadonlyMap<string, number | undefined>
}

/** Stands for every head that a branch may have, unless it is open. */
export const closedHead = '*'

/**
 * One ModifyFile: all edits, in order, in one commit. Everything that it sends is at hand and verified, so the call is either
 * ended whole or aborted. Answers the metadata of the call's answer.
 */
export async function modify(modification: Modification, edits: readonly Edit[]): Promise<Readonly<Record<string, string>>> {
  const { transport, branch } = modification
  const stream = transport.clientStream('/pfs_v2.API/ModifyFile')
  try {
    const first: ModifyFileRequest = { set_commit: { repo: wireRepo(branch), branch: wireBranch(branch) } }
    if (modification.expectedHead !== undefined) first.expected_head = modification.expectedHead
    await sendAll(stream, modification.expectedHead === undefined ? [first] : [first, ...expectations(modification)])
    // A wait costs a turn of the event loop's queue, so it is made only where the call asks for it.
    for (const edit of edits) {
      const wait = sendAll(stream, messagesOf(modification, edit))
      if (wait !== undefined) await wait
    }
    return (await stream.end()).metadata
  } catch (error) {
    await stream.abort()
    throw fromRpc(error)
  }
}

function sendAll(stream: ClientStream<ModifyFileRequest, unknown>, messages: readonly ModifyFileRequest[]): Promise<void> | undefined {
  let wait: Promise<void> | undefined
  for (const message of messages) wait = wait === undefined ? stream.send(message) : wait.then(() => stream.send(message))
  return wait
}

function expectations({ paths, expectedFiles }: Modification): ModifyFileRequest[] {
  const messages: ModifyFileRequest[] = []
  for (const [key, revision] of expectedFiles) {
    // What the server cannot hold is not there, whatever happens.
    const path = pathOf(key, paths)
    if (path !== undefined) messages.push({ expect_file: revision === undefined ? { path } : { path, revision } })
  }
  return messages
}

function messagesOf(modification: Modification, edit: Edit): ModifyFileRequest[] {
  if (edit.kind === 'put') return messagesOfPut(modification, edit)
  if (edit.subtree === true) return [deletion(`/${edit.key}`, false)]
  // What the server cannot hold is not there to be deleted.
  const path = pathOf(edit.key, modification.paths)
  return path === undefined ? [] : [deletion(path, modification.literal)]
}

function deletion(path: string, literal: boolean): ModifyFileRequest {
  return { delete_file: literal ? { path, literal } : { path } }
}

function messagesOfPut(modification: Modification, put: Put): ModifyFileRequest[] {
  const { literal, paths } = modification
  const path = requirePath(put.key, paths)
  const attributes = put.attributes === undefined ? {} : { attributes: attributesToWire(put.attributes) }
  const copy: CopyFile = literal ? { dst: path, literal, ...attributes } : { dst: path, ...attributes }
  if ('kind' in put.content) {
    const { from } = put.content
    return [{ copy_file: { ...copy, src: { commit: wireCommit(from.snapshot), path: requirePath(from.key, paths) } } }]
  }
  const { content } = put.content
  if (content.kind === 'file-set') return [{ copy_file: { ...copy, src: { commit: fileSetCommit(content.id), path: stagedPath } } }]
  const raw = content.bytes.length === 0 ? {} : { value: content.bytes }
  // Adding appends, so the older content goes first.
  return [deletion(path, literal), { add_file: { path, raw, ...attributes } }]
}

/** What the answer says of the commit that was made. */
export function commitOf(metadata: Readonly<Record<string, string>>): { readonly commit: string, readonly time: number } {
  const commit = metadata['pfs-commit-id']
  const time = Number(metadata['pfs-commit-time'])
  if (commit === undefined || !Number.isFinite(time)) throw new PfsError('internal', 'the server did not say which commit it made')
  return { commit, time }
}
