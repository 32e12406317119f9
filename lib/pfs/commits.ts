import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import type { CommitInfo } from '../wire/messages'
import { orPfsError } from './failure'
import { readUntil } from './read-until'
import { type RepoRef } from './ref'
import type { Transport } from './transport'
import { millisOf, repoKey, wireCommit, wireRepo } from './wire-ref'

/** A commit that never changes any more: finished, without an error. */
export interface FinishedCommit {
  readonly commit: string
  /** When it was finished, ms since 1970. */
  readonly time: number
}

export interface CommitState {
  /** `errored`: finished, but its changes are no part of the branch. */
  readonly state: 'finished' | 'errored' | 'finishing' | 'open'
  readonly time: number
}

/** What is known of commits. Only finished ones are remembered, since only they cannot change. */
export class Commits {
  private readonly transport: Transport
  private readonly known = new LRUCache<string, number>({ max: limits.rememberedCommitsMax })

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** A commit that is finished for certain: the answer to a write of ours. */
  learn(repo: RepoRef, commit: FinishedCommit): void {
    this.known.set(keyOf(repo, commit.commit), commit.time)
  }

  /** no-version, or no-bucket where the repo is missing. */
  async inspect(repo: RepoRef, commit: string): Promise<CommitState> {
    const time = this.known.get(keyOf(repo, commit))
    return time === undefined ? this.ask(repo, commit) : { state: 'finished', time }
  }

  /** The same, and never from memory: the commit may have been removed. */
  async ask(repo: RepoRef, commit: string): Promise<CommitState> {
    const info = await orPfsError(this.transport.unary('/pfs_v2.API/InspectCommit', { commit: wireCommit({ ...repo, commit }) }))
    return this.keep(repo, commit, info)
  }

  /** Waits for the commit to be finished: unavailable after `msMax`. */
  async wait(repo: RepoRef, commit: string, msMax: number): Promise<CommitState> {
    const request = { commit: wireCommit({ ...repo, commit }), wait: 'FINISHED' } as const
    const info = await orPfsError(this.transport.unary('/pfs_v2.API/InspectCommit', request, { idleMsMax: msMax }))
    return this.keep(repo, commit, info)
  }

  private keep(repo: RepoRef, commit: string, info: CommitInfo): CommitState {
    const state = stateOf(info)
    if (state.state === 'finished') this.known.set(keyOf(repo, commit), state.time)
    return state
  }

  /** The nearest finished, error-free commit behind `commit`, itself included; undefined where there is none. */
  nearest(repo: RepoRef, commit: string): Promise<FinishedCommit | undefined> {
    const line = { repo: wireRepo(repo), to: wireCommit({ ...repo, commit }) }
    return readUntil(this.transport.serverStream('/pfs_v2.API/ListCommit', line), (info) => {
      const id = info.commit?.id
      const { state, time } = stateOf(info)
      if (id === undefined || state !== 'finished') return undefined
      this.learn(repo, { commit: id, time })
      return { commit: id, time }
    })
  }

  /** What became of `commit` and of those before it, newest first, as far as `before`, itself left out; undefined: it is none of them. */
  async since(repo: RepoRef, commit: string, before: string): Promise<CommitState[] | undefined> {
    const states: CommitState[] = []
    const line = { repo: wireRepo(repo), to: wireCommit({ ...repo, commit }) }
    return readUntil(this.transport.serverStream('/pfs_v2.API/ListCommit', line), (info) => {
      if (info.commit?.id === before) return states
      states.push(stateOf(info))
      return undefined
    })
  }

  /** Nothing of this repo is there any more. */
  forget(repo: RepoRef): void {
    const prefix = `${repoKey(repo)}@`
    for (const key of [...this.known.keys()]) if (key.startsWith(prefix)) this.known.delete(key)
  }
}

function keyOf(repo: RepoRef, commit: string): string {
  return `${repoKey(repo)}@${commit}`
}

function stateOf(info: CommitInfo): CommitState {
  const finished = millisOf(info.finished)
  if (finished !== undefined) return { state: (info.error ?? '') === '' ? 'finished' : 'errored', time: finished }
  return { state: info.finishing === undefined ? 'open' : 'finishing', time: 0 }
}
