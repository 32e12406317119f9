import { Code, RpcFailure } from '../failure'
import type { ClientStream, Context, Inlet } from '../service'
import type { CommitRow } from '../store/rows'
import type { BlobFile, Tx } from '../store/store'
import type { Commit, Empty, ModifyFileRequest } from '../../wire/messages'
import { findRepo } from './shared/find'
import type { Instance } from './shared/instance'
import { alreadyFinished } from './shared/pachd-texts'
import { repoOfCommit, repoReference, repoText, type RepoReference } from './shared/reference'
import { requireFiles } from './shared/require-files'
import { requireHead } from './shared/require-head'
import { lookUpCommit } from './shared/resolve-commit'
import { startCommit } from './shared/start-commit'
import { StreamChanges } from './shared/stream-changes'
import { takeMessage } from './shared/take-message'
import { putOneOff, withStream } from './shared/write-commit'

/**
 * A stream of changes, for one commit. Into an open commit they go as one more layer; on a branch whose head is closed, or
 * that is not there, they make a commit of their own, finished when the answer goes out. What to write to is found out when
 * `set_commit` comes; everything is written in one transaction when the caller has said that it sent all. Nothing else
 * commits: neither a failed message nor a lost caller. Where paths clash, a caller that says which head it expects is refused, and
 * any other is answered a commit with an error, as pachd does: who does not know of the extension does not expect the refusal.
 */
export function modifyFile(instance: Instance): ClientStream<ModifyFileRequest, Empty> {
  return (context) => new ModifyFileInlet(instance, context)
}

/** What the stream writes to. An open commit is named by its sequence number, which no later commit can take. */
type Target =
  | { readonly kind: 'open', readonly reference: RepoReference, readonly seq: number, readonly id: string }
  | { readonly kind: 'one-off', readonly reference: RepoReference, readonly branch: string, readonly expectedHead: string }

class ModifyFileInlet implements Inlet<ModifyFileRequest, Empty> {
  private readonly instance: Instance
  private readonly context: Context
  private readonly stream: StreamChanges
  private target: Target | undefined

  constructor(instance: Instance, context: Context) {
    this.instance = instance
    this.context = context
    this.stream = new StreamChanges(instance)
  }

  message(message: ModifyFileRequest): Promise<void> | undefined {
    const { target } = this
    if (target === undefined) {
      if (message.set_commit === undefined) throw new RpcFailure(Code.unknown, 'first message must be a commit')
      this.target = targetOf(this.instance, message.set_commit, message.expected_head ?? '')
      return undefined
    }
    if (message.expect_file === undefined || target.kind === 'open' || target.expectedHead === '') {
      return takeMessage(this.instance, this.stream, message)
    }
    this.stream.expect(message.expect_file)
    return undefined
  }

  /** Commits. Whatever comes of it, the bytes' place in the budget is given back, and files that no row names are removed. */
  end(): Promise<Empty> {
    const target = this.target
    if (target === undefined) return Promise.reject(new RpcFailure(Code.unknown, 'EOF'))
    const finishing = this.stream.finish()
    const writing = finishing === undefined ? this.write(target, []) : finishing.then((files) => this.write(target, files))
    return writing.finally(() => this.stream.discard())
  }

  private async write(target: Target, files: readonly BlobFile[]): Promise<Empty> {
    const contribution = { stream: this.stream, files, validated: this.instance.paths.setting === 'pachd' }
    if (target.kind === 'open') {
      await this.instance.store.transact((tx) => tx.putCommit(withStream(tx, openCommit(tx, target), contribution).commit))
      return {}
    }
    const commit = await this.instance.store.transact((tx) => {
      checkExpected(tx, target, this.stream)
      const started = startCommit(tx, { repo: target.reference, branch: target.branch, description: '' })
      return putOneOff(tx, started, { ...contribution, strict: target.expectedHead !== '' })
    })
    this.context.answer('pfs-commit-id', commit.id)
    this.context.answer('pfs-commit-time', String(commit.finished))
    return {}
  }

  abort(): void {
    this.stream.discard()
  }
}

/** An open commit, named or as a branch's head, is written into; a closed head or a missing branch asks for a commit of its own. */
function targetOf(instance: Instance, commit: Commit, expectedHead: string): Target {
  const reference = repoReference(repoOfCommit(commit))
  const branch = commit.branch?.name ?? ''
  const found = lookUpCommit(instance.store.read, commit)
  const oneOff: Target = { kind: 'one-off', reference, branch, expectedHead }
  if ('failure' in found) {
    // With a branch, whatever is missing is made, or missed again, when the commit is.
    if (branch === '') throw found.failure
    return oneOff
  }
  if (found.commit.state === 'started' && expectedHead === '') {
    return { kind: 'open', reference: found.reference, seq: found.commit.seq, id: found.commit.id }
  }
  if (branch === '' || (commit.id ?? '') !== '') throw alreadyFinished(found.reference, found.commit.id)
  return oneOff
}

/** Asked again in the transaction: somebody may have finished or dropped it while the stream was open. */
function openCommit(tx: Tx, target: Extract<Target, { readonly kind: 'open' }>): CommitRow {
  const row = tx.commit(target.seq)
  if (row === undefined || row.gone) throw new RpcFailure(Code.notFound, `commit ${repoText(target.reference)}@${target.id} not found`)
  if (row.state !== 'started') throw alreadyFinished(target.reference, row.id)
  return row
}

/** Also in the transaction, where nobody can come between the look and the commit. */
function checkExpected(
  tx: Tx, { reference, branch, expectedHead }: Extract<Target, { readonly kind: 'one-off' }>, { expected }: StreamChanges,
): void {
  if (expectedHead === '') return
  const repo = findRepo(tx, reference)
  const row = repo === undefined ? undefined : tx.branch(repo.id, branch)
  const name = `${repoText(reference)}@${branch}`
  requireHead(tx, row, expectedHead, name)
  if (row !== undefined) requireFiles(tx, row, expected, name)
}
