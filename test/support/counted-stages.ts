import type { Pfs, Stage, StageOptions } from '../../lib/pfs/contract'

/** Counts the stages and staged bodies of `pfs` that nobody has written or discarded yet. */
export function countStages(pfs: Pfs): { readonly live: () => number } {
  let live = 0
  const stage = pfs.stage.bind(pfs)
  const write = pfs.write.bind(pfs)
  const ended = new WeakSet<object>()
  const end = (owner: object): void => {
    if (ended.has(owner)) throw new Error('ended twice')
    ended.add(owner)
    live--
  }
  pfs.stage = (options: StageOptions): Stage => {
    const inner = stage(options)
    live++
    return {
      write: (chunk) => inner.write(chunk),
      discard: () => { end(inner); return inner.discard() },
      finish: async () => {
        end(inner)
        const staged = await inner.finish()
        live++
        return { ...staged, discard: () => { end(staged.content); return staged.discard() } }
      },
    }
  }
  pfs.write = async (bucket, change) => {
    const written = await write(bucket, change)
    for (const edit of change.edits) if (edit.kind === 'put' && 'discard' in edit.content) end(edit.content.content)
    return written
  }
  return { live: () => live }
}
