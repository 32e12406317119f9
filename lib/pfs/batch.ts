import { limits } from '../limits'
import type { Change, Written } from './contract'
import { PfsError } from './failure'
import { isConditional } from './judge-change'

/** A change in a committer's queue, with the two ways of answering it; exactly one is called, once. */
export interface Waiting {
  readonly kind: 'change'
  readonly change: Change
  /** When it came, on the clock of performance.now(). */
  readonly since: number
  readonly answer: (written: Written) => void
  readonly refuse: (error: unknown) => void
}

/** Work that needs the branch to itself. It never rejects. */
export interface Alone {
  readonly kind: 'alone'
  readonly work: () => Promise<void>
}

/** What an edit takes in a batch beside the bytes that it holds: its messages, key and attributes. */
const editBytes = 512

/**
 * Splits a queue into the next batch and what stays. Whatever fits goes, in order, and no key goes twice: a change whose key
 * is taken stays and keeps its keys for itself, so that changes of one key are made in the order in which they came. A key that
 * is only required may be required by many, and be edited by none of the same batch. Changes with conditions and those without
 * go apart, whichever kind is first: a batch with conditions may lose its head to another writer. The first change always goes,
 * however large. Changes that nobody waits for any more are answered and dropped.
 */
export function takeBatch(queue: readonly (Waiting | Alone)[]): { readonly batch: Waiting[], readonly rest: (Waiting | Alone)[] } {
  const batch: Waiting[] = []
  const rest: (Waiting | Alone)[] = []
  const keys: Keys = { edited: new Set(), required: new Set() }
  let edits = 0
  let bytes = 0
  let at = 0
  let conditional: boolean | undefined
  for (; at < queue.length; at++) {
    const item = queue[at]
    if (item === undefined || item.kind === 'alone') break
    if (item.change.abandoned?.() === true) {
      item.refuse(new PfsError('abandoned', 'nobody waits for this write any more'))
      continue
    }
    conditional ??= isConditional(item.change)
    if (isConditional(item.change) !== conditional) {
      addKeys(keys, item.change)
      rest.push(item)
      continue
    }
    const weight = weightOf(item.change)
    if (batch.length > 0 && (edits + item.change.edits.length > limits.batchEditsMax || bytes + weight > limits.batchBytesMax)) break
    if (addKeys(keys, item.change)) {
      batch.push(item)
      edits += item.change.edits.length
      bytes += weight
    } else rest.push(item)
  }
  for (; at < queue.length; at++) {
    const item = queue[at]
    if (item !== undefined) rest.push(item)
  }
  return { batch, rest }
}

interface Keys { readonly edited: Set<string>, readonly required: Set<string> }

/** Adds a change's keys; false where one of them was taken before the change. */
function addKeys({ edited, required }: Keys, change: Change): boolean {
  const requires = change.requires ?? []
  const free = change.edits.every(({ key }) => !edited.has(key) && !required.has(key)) && requires.every(({ key }) => !edited.has(key))
  for (const { key } of change.edits) edited.add(key)
  for (const { key } of requires) required.add(key)
  return free
}

function weightOf(change: Change): number {
  let bytes = 0
  for (const edit of change.edits) {
    bytes += editBytes
    if (edit.kind === 'put' && 'discard' in edit.content && edit.content.content.kind === 'held') bytes += edit.content.size
  }
  return bytes
}
