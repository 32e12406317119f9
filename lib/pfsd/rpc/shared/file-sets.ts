import { randomBytes } from 'node:crypto'
import { Code, RpcFailure } from '../../failure'
import type { FileSetRow } from '../../store/rows'
import type { Reader } from '../../store/store'

/** File sets are named by tokens that nobody can guess: whoever has one can read the set. They are kept out of every log. */
export function newToken(): string {
  return randomBytes(16).toString('hex')
}

/** Undefined: unknown or expired. pachd's newer tokens carry a second part behind a dot, which is of no use here. */
export function liveFileSet(read: Reader, token: string, now: number): FileSetRow | undefined {
  if (token.length < 32) throw new RpcFailure(Code.unknown, `parsing fileset.Token: too short to be Token len=${token.length}`)
  const row = read.fileSet(token)
  return row === undefined || (row.expires !== 0 && row.expires <= now) ? undefined : row
}

/** Throws in the words of the calls that read a file set. */
export function requireFileSet(read: Reader, token: string, now: number): FileSetRow {
  const row = liveFileSet(read, token, now)
  if (row === undefined) throw new RpcFailure(Code.unknown, 'path does not exist')
  return row
}
