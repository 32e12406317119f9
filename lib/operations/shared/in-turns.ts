import { setImmediate } from 'node:timers/promises'

/** The result of work that takes long, at each of whose pauses others have their turn. */
export async function inTurns<Result>(work: Generator<undefined, Result>): Promise<Result> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    await setImmediate()
  }
}
