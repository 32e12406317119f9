import type { Change } from './contract'

/**
 * The end of a change's bodies. Held bytes go back to the budget; of file sets only those that no commit has taken over are
 * let go before they expire.
 */
export function letGo(change: Change, failed: boolean): void {
  for (const edit of change.edits) {
    if (edit.kind !== 'put' || 'kind' in edit.content) continue
    if (failed || edit.content.content.kind === 'held') void edit.content.discard()
  }
}
