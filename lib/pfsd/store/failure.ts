/** The disk is full: nothing of the group was kept, the store can be read, and later transactions may succeed. */
export class StoreFull extends Error {
  constructor(cause: unknown) {
    super('no space left for the store', { cause })
    this.name = 'StoreFull'
  }
}

/**
 * A file could not be made or opened, as a rule because the process has too many: nothing of the group was kept, nothing on disk
 * is in doubt, and later transactions may succeed. Of a read: nobody knows what is in the file, and a later read may tell.
 */
export class StoreBusy extends Error {
  constructor(cause: unknown) {
    super('the store could not open a file', { cause })
    this.name = 'StoreBusy'
  }
}

/** A write or sync failed, so that nobody knows what the disk holds: no transaction succeeds until the store is opened anew. */
export class StorePoisoned extends Error {
  constructor(cause: unknown) {
    super('the store failed to write and takes no more transactions until it is opened anew', { cause })
    this.name = 'StorePoisoned'
  }
}

/** What is on disk is not what was written. */
export class StoreDamaged extends Error {
  /** As errors of the system have one: whoever starts the program is told in one line. */
  readonly code = 'STORE_DAMAGED'

  constructor(what: string, cause?: unknown) {
    super(`the store is damaged: ${what}`, { cause })
    this.name = 'StoreDamaged'
  }
}

/** The directory cannot be opened: another process has it, or its format is not ours. */
export class StoreRefused extends Error {
  readonly code = 'STORE_REFUSED'

  constructor(why: string) {
    super(why)
    this.name = 'StoreRefused'
  }
}

/** What a failure to make or open something is, as opposed to one to write or sync: it leaves the disk as it was. */
export function openFailure(error: unknown): Error {
  if (error instanceof StorePoisoned) return error
  return isFull(error) ? new StoreFull(error) : new StoreBusy(error)
}

/** Whether an error of the file system says that there is no room, as opposed to a disk that fails. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG'
}

/** Whether it says that too many files are open, in this process or in all: nothing of the one that was to be opened. */
export function lacksDescriptors(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')
}
