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
 * Splits a queue into the next batches, which go together and in this order, and what stays. Whatever fits goes, and no key goes
 * twice in a batch: a change whose key is taken goes in the batch behind, or stays and keeps its keys for itself, so that changes
 * of one key are made in the order in which they came. A key that is only required may be required by many, and be edited by
 * none of the same batch. Changes with conditions and those without go apart, whichever kind is first: a batch with conditions
 * may lose its head to another writer, and nothing may be under way beside it. The first change always goes, however large.
 * Changes that nobody waits for any more are answered and dropped.
 */
export function takeBatches(
  queue: readonly (Waiting | Alone)[], batchesMax: number,
): { readonly batches: readonly (readonly Waiting[])[], readonly rest: (Waiting | Alone)[] } {
  const batches: Waiting[][] = []
  const rest: (Waiting | Alone)[] = []
  const keys: Keys = { edited: new Map(), required: new Map() }
  let conditional: boolean | undefined
  let edits = 0
  let bytes = 0
  let at = 0
  for (; at < queue.length; at++) {
    const item = queue[at]
    if (item === undefined || item.kind === 'alone') break
    if (item.change.abandoned?.() === true) {
      item.refuse(new PfsError('abandoned', 'nobody waits for this write any more'))
      continue
    }
    const isFirst = conditional === undefined
    conditional ??= isConditional(item.change)
    const weight = weightOf(item.change)
    if (!isFirst && (edits + item.change.edits.length > limits.batchEditsMax || bytes + weight > limits.batchBytesMax)) break
    const goes = isConditional(item.change) === conditional
    const place = takeKeys(keys, item.change, goes ? conditional ? 1 : batchesMax : 0)
    if (place === stays) {
      rest.push(item)
      continue
    }
    (batches[place] ??= []).push(item)
    edits += item.change.edits.length
    bytes += weight
  }
  for (; at < queue.length; at++) {
    const item = queue[at]
    if (item !== undefined) rest.push(item)
  }
  return { batches, rest }
}

/** The last of the batches that each key goes in. */
interface Keys { readonly edited: Map<string, number>, readonly required: Map<string, number> }

/** The place of a change that is in none of the batches. */
const stays = Infinity

/** The first of `batchesMax` batches that is behind all in which the change's keys are taken; the change has taken them then. */
function takeKeys({ edited, required }: Keys, { edits, requires = [] }: Change, batchesMax: number): number {
  let place = 0
  for (const { key } of edits) place = Math.max(place, (edited.get(key) ?? -1) + 1, (required.get(key) ?? -1) + 1)
  for (const { key } of requires) place = Math.max(place, (edited.get(key) ?? -1) + 1)
  if (place >= batchesMax) place = stays
  for (const { key } of edits) edited.set(key, place)
  for (const { key } of requires) required.set(key, Math.max(place, required.get(key) ?? 0))
  return place
}

function weightOf(change: Change): number {
  let bytes = 0
  for (const edit of change.edits) {
    bytes += editBytes
    if (edit.kind === 'put' && 'discard' in edit.content && edit.content.content.kind === 'held') bytes += edit.content.size
  }
  return bytes
}
