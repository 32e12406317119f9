import type { Store } from '../../lib/pfsd/store/store'

/** Transactions whose results can be checked by anyone who knows their numbers: project `pN` names the blob with N's bytes. */
export const storeLoad = {
  bytes(n: number): Buffer {
    return Buffer.alloc(700 + (n % 50) * 13, n + 1)
  },

  /** Every fourth blob is a file of its own. */
  async step(store: Store, n: number): Promise<void> {
    const bytes = storeLoad.bytes(n)
    if (n % 4 !== 3) return await store.transact((tx) => tx.putProject(row(n, tx.addBlob(bytes), tx.now)))
    const out = store.createBlobFile()
    await out.write(bytes)
    const file = await out.finish()
    await store.transact((tx) => tx.putProject(row(n, tx.addBlobFile(file), tx.now)))
  },

  /** The numbers of the steps that the store holds; throws unless each of them is whole. */
  async held(store: Store): Promise<Set<number>> {
    const held = new Set<number>()
    for (const project of store.read.projects()) {
      const n = Number(project.name.slice(1))
      const expected = storeLoad.bytes(n)
      const found = await store.readBlob(Number(project.description), 0, expected.length)
      if (!found.equals(expected)) throw new Error(`step ${n} has other bytes`)
      held.add(n)
    }
    return held
  },
}

function row(n: number, blob: number, created: number): { id: number, name: string, description: string, created: number } {
  return { id: n + 1, name: `p${n}`, description: String(blob), created }
}
