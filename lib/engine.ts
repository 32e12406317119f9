import { setFlagsFromString } from 'node:v8'

/**
 * What this program wants of V8 and libuv. Called before anything else is loaded: the pool of threads is as large as its first
 * user finds it.
 */
export function setUpEngine(): void {
  // V8 counts buffers towards its old generation and would mark the whole, tiny heap again for every 16 MiB of body.
  setFlagsFromString('--no-incremental-marking')
  // V8 takes what outlives two collections under load for long-lived, and puts all of its kind into the old generation from then
  // on. A request that is over and lies there keeps all that hangs on it alive: a seventh of everything that was allocated grew
  // old, and the collections of it, each of which drops optimised code, took a quarter of the time.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // A small sync must not wait behind the syncs of large files.
  process.env['UV_THREADPOOL_SIZE'] ??= '16'
}
