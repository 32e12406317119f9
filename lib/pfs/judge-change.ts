import type { Change, Edit, Stat } from './contract'

/** What is left of a change's edits, and what lenient ones were refused for, by index. */
export interface Judged {
  readonly edits: readonly Edit[]
  readonly refused: ReadonlyMap<number, unknown>
}

/** Throws what a strict edit was refused for. Of several edits of one key the last one stands. */
export function judgeChange(change: Change, current: ReadonlyMap<string, Stat | undefined>): Judged {
  const refused = new Map<number, unknown>()
  const standing = new Map<string, Edit>()
  for (const { key, judge } of change.requires ?? []) judge(current.get(key))
  for (const [index, edit] of change.edits.entries()) {
    try {
      edit.judge?.(current.get(edit.key))
      standing.set(edit.key, edit)
    } catch (error) {
      if (edit.kind !== 'delete' || edit.lenient !== true) throw error
      refused.set(index, error)
    }
  }
  return { edits: [...standing.values()], refused }
}

/** The keys whose state a change depends on. */
export function judgedKeys({ edits, requires = [] }: Change): string[] {
  return [...edits.filter((edit) => edit.judge !== undefined), ...requires].map(({ key }) => key)
}

/** Whether it takes a head to say what comes of the change. One without edits is answered the head as it is. */
export function isConditional({ edits, requires = [] }: Change): boolean {
  return requires.length > 0 || edits.length === 0 || edits.some((edit) => edit.judge !== undefined)
}
