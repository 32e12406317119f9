/**
 * Runs `step` until it has nothing to wait for: undefined says so, a promise asks to be called again behind it. A step that
 * chained its successors to its own promise would keep every one of them until the last, which a long answer has millions of.
 */
export function drive(step: () => Promise<unknown> | undefined): void | Promise<void> {
  const wait = step()
  return wait === undefined ? undefined : again(step, wait)
}

async function again(step: () => Promise<unknown> | undefined, first: Promise<unknown>): Promise<void> {
  for (let wait: Promise<unknown> | undefined = first; wait !== undefined; wait = step()) await wait
}
