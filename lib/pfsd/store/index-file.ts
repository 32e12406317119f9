import { open, type Database } from 'lmdb'
import { limits } from '../limits'
import { databaseNames, type DatabaseName } from './tables'

/**
 * The index on disk: an ordered map a database, changed by whole batches. The store needs no more of LMDB than this.
 * Keys are binary strings; buffers handed out are copies and stay valid.
 */
export interface IndexFile {
  get(database: DatabaseName, key: string): Buffer | undefined
  /** Keys in [start, end), in order; `reverse` gives them from the end. */
  range(database: DatabaseName, start: string, end: string, reverse: boolean): Iterable<readonly [key: string, value: Buffer]>
  /** Puts all changes durably, or none. Rejects with the failure; `code` is LMDB's or the system's number. */
  commit(changes: readonly Change[]): Promise<void>
  close(): Promise<void>
}

/** An undefined value removes the key. */
export interface Change { readonly database: DatabaseName, readonly key: string, readonly value: Buffer | undefined }

/** Why a commit failed; the index holds what it held before, or (`unknown`) nobody knows. */
export class IndexFailure extends Error {
  readonly full: boolean

  constructor(code: unknown, cause: unknown) {
    super(`the index failed to commit (${String(code)})`, { cause })
    this.name = 'IndexFailure'
    this.full = code === mapFull || code === noSpace
  }
}

const mapFull = -30792
const noSpace = 28

/** Address space, not disk; LMDB goes on behind it with another mapping. */
const mapBytes = 64 * 1024 ** 3

/**
 * Invariants. `overlappingSync: false`: a resolved commit is on disk, not merely visible. Writes go through `batch`, which a
 * worker thread applies and commits as one transaction and aborts as a whole when any put fails; `transaction()` would not
 * roll back, and `transactionSync` would hold up the event loop for two syncs. Reads never leave an iterator open across a turn.
 */
export function openIndexFile(path: string): IndexFile {
  const common = { encoding: 'binary', keyEncoding: 'binary' } as const
  const root = open<Buffer, Buffer>({
    path, ...common, noSubdir: true, pageSize: 8192, overlappingSync: false, eventTurnBatching: false,
    maxDbs: databaseNames.length + 2, mapSize: mapBytes,
  })
  const databases = new Map<DatabaseName, Database<Buffer, Buffer>>()
  for (const name of databaseNames) databases.set(name, root.openDB<Buffer, Buffer>({ name, ...common }))
  return new LmdbIndexFile(root, databases)
}

class LmdbIndexFile implements IndexFile {
  private readonly root: ReturnType<typeof open<Buffer, Buffer>>
  private readonly databases: ReadonlyMap<DatabaseName, Database<Buffer, Buffer>>

  constructor(root: ReturnType<typeof open<Buffer, Buffer>>, databases: ReadonlyMap<DatabaseName, Database<Buffer, Buffer>>) {
    this.root = root
    this.databases = databases
  }

  get(database: DatabaseName, key: string): Buffer | undefined {
    return this.database(database).getBinary(Buffer.from(key, 'latin1'))
  }

  * range(database: DatabaseName, start: string, end: string, reverse: boolean): Iterable<readonly [string, Buffer]> {
    let from = start
    let to = end
    for (;;) {
      const page = this.page(database, from, to, reverse)
      yield* page
      const last = page.at(-1)
      if (last === undefined || page.length < pageRows) return
      if (reverse) to = last[0]
      else from = last[0] + '\0'
    }
  }

  async commit(changes: readonly Change[]): Promise<void> {
    // An error thrown inside the batch's callback would leave the puts before it in: all that can throw comes first.
    const ready = changes.map(({ database, key, value }) => ({ target: this.database(database), key: bytesOf(key), value }))
    try {
      await this.root.batch(() => {
        for (const { target, key, value } of ready) {
          if (value === undefined) void target.remove(key)
          else void target.put(key, value)
        }
      })
    } catch (error) {
      throw new IndexFailure(await failureCode(error), error)
    }
  }

  async close(): Promise<void> {
    await this.root.close()
  }

  /** A page at a time, so that no cursor and no snapshot outlives the call, however slowly the caller iterates. */
  private page(database: DatabaseName, start: string, end: string, reverse: boolean): (readonly [string, Buffer])[] {
    const low = Buffer.from(start, 'latin1')
    const high = Buffer.from(end, 'latin1')
    const bounds = reverse
      ? { start: high, end: low, reverse, exclusiveStart: true, inclusiveEnd: true }
      : { start: low, end: high }
    const rows: (readonly [string, Buffer])[] = []
    for (const { key, value } of this.database(database).getRange({ ...bounds, limit: pageRows })) {
      rows.push([key.toString('latin1'), value])
    }
    return rows
  }

  /** All are opened with the store, so a missing one is a fault of this program. */
  private database(name: DatabaseName): Database<Buffer, Buffer> {
    const database = this.databases.get(name)
    if (database === undefined) throw new Error(`there is no database ${name}`)
    return database
  }
}

const pageRows = 64

function bytesOf(key: string): Buffer {
  if (key.length === 0 || key.length > limits.indexKeyBytesMax) throw new RangeError(`a key of ${key.length} bytes`)
  return Buffer.from(key, 'latin1')
}

/** A rejected batch carries a promise of the error that LMDB gave. */
async function failureCode(error: unknown): Promise<unknown> {
  if (!(error instanceof Error)) return undefined
  if (!('commitError' in error)) return 'code' in error ? error.code : undefined
  try {
    await error.commitError
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return cause.code
  }
  return undefined
}
