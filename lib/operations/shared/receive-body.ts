import type { Staged, StageOptions } from '../../pfs/contract'
import type { Verdict } from '../../stream/body'
import type { Call } from '../operation'

/**
 * Takes a body in, lets it be verified, and hands it to `commit`. Whatever fails on the way, what was staged is let go: the
 * discard is armed before the first byte and disarmed only when `commit` has taken the body over. A `finish` that fails has
 * ended the stage itself.
 */
export async function receiveBody<Result>(
  call: Call<unknown>,
  options: Omit<StageOptions, 'length'>,
  commit: (staged: Staged, verdict: Verdict) => Promise<Result>,
): Promise<Result> {
  const stage = call.pfs.stage({ ...options, length: call.body.length })
  let owned: { discard(): Promise<void> } | undefined = stage
  try {
    const verdict = await call.body.into(stage)
    owned = undefined
    const staged = await stage.finish()
    owned = staged
    const result = await commit(staged, verdict)
    owned = undefined
    return result
  } finally {
    await owned?.discard()
  }
}
