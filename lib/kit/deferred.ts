/** A promise and its two ends. */
export interface Deferred<Result> {
  readonly promise: Promise<Result>
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** A rejection that nobody waits for is no fault: those who wait have other ways to learn of the failure. */
export function deferred<Result = void>(): Deferred<Result> {
  let ends: Omit<Deferred<Result>, 'promise'> | undefined
  const promise = new Promise<Result>((resolve, reject) => { ends = { resolve, reject } })
  promise.catch(() => undefined)
  // The promise has called its executor by now.
  return { promise, ...ends as Omit<Deferred<Result>, 'promise'> }
}
