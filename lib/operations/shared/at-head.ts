import { limits } from '../../limits'
import type { Pfs, Snapshot } from '../../pfs/contract'
import { isPfsError } from '../../pfs/failure'

/** Runs `work` on what is at the bucket's head now. Another PFS client may drop that commit meanwhile: then there is another head. */
export async function atHead<Result>(pfs: Pfs, bucket: string, work: (snapshot: Snapshot) => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    const snapshot = await pfs.snapshot(bucket)
    try {
      return await work(snapshot)
    } catch (error) {
      // A commit bucket's commit is what was asked for.
      if (snapshot.asked !== undefined || !isPfsError(error, 'no-version') || tries === limits.headMovesMax) throw error
    }
  }
}
