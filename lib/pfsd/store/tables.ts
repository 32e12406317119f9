import { RowReader, RowWriter } from './row-bytes'
import type { BlobRow, BranchRow, CommitRow, FileSetRow, ProjectRow, RepoRow } from './rows'
import { StoreDamaged } from './failure'

/**
 * A table: rows of one kind under keys of one kind, in one of the index's named databases. Keys are binary strings (one
 * character a byte), so that JavaScript's `<` is byte order and a Map can hold them; numbers in them are big-endian, 48 bits.
 */
export interface Table<Row> {
  readonly name: string
  readonly database: DatabaseName
  encode(row: Row): Buffer
  decode(bytes: Buffer): Row
}

export const databaseNames = ['meta', 'names', 'commits', 'byid', 'history', 'children', 'nodes', 'blobs', 'sets', 'expiry'] as const
export type DatabaseName = typeof databaseNames[number]

/** What the next group starts from; written with every group, so that it is never behind the rows. */
export interface StateRow {
  /** End of the last frame that counts, in the journal of all segments. */
  readonly lsn: number
  readonly nextId: number
  readonly nextCommit: number
  readonly nextNode: number
  readonly nextBlob: number
  /** First 48 bits of the last commit id. */
  readonly commitIdClock: number
  /** Time of the last group, ms. */
  readonly time: number
}

const states = ['started', 'finishing', 'finished'] as const
const origins = ['USER', 'AUTO', 'FSCK'] as const
const places = ['segment', 'file'] as const

export const state: Table<StateRow> = {
  name: 'state',
  database: 'meta',
  encode: (row) => new RowWriter().number(row.lsn).number(row.nextId).number(row.nextCommit).number(row.nextNode)
    .number(row.nextBlob).number(row.commitIdClock).number(row.time).end(),
  decode(bytes) {
    const row = new RowReader(bytes)
    return {
      lsn: row.number(), nextId: row.number(), nextCommit: row.number(), nextNode: row.number(), nextBlob: row.number(),
      commitIdClock: row.number(), time: row.number(),
    }
  },
}

export const projects: Table<ProjectRow> = {
  name: 'projects',
  database: 'names',
  encode: (row) => new RowWriter().number(row.id).text(row.name).text(row.description).number(row.created).end(),
  decode(bytes) {
    const row = new RowReader(bytes)
    return { id: row.number(), name: row.text(), description: row.text(), created: row.number() }
  },
}

export const repos: Table<RepoRow> = {
  name: 'repos',
  database: 'names',
  encode: (row) => new RowWriter().number(row.id).number(row.project).text(row.name).text(row.type).text(row.description)
    .number(row.created).end(),
  decode(bytes) {
    const row = new RowReader(bytes)
    return {
      id: row.number(), project: row.number(), name: row.text(), type: row.text(), description: row.text(), created: row.number(),
    }
  },
}

export const branches: Table<BranchRow> = {
  name: 'branches',
  database: 'names',
  encode: (row) => new RowWriter().number(row.id).number(row.repo).text(row.name).number(row.head).number(row.created).end(),
  decode(bytes) {
    const row = new RowReader(bytes)
    return { id: row.number(), repo: row.number(), name: row.text(), head: row.number(), created: row.number() }
  },
}

export const commits: Table<CommitRow> = {
  name: 'commits',
  database: 'commits',
  encode: (row) => new RowWriter().number(row.seq).number(row.repo).text(row.branch).text(row.id).number(row.parent)
    .number(row.root).byte(states.indexOf(row.state)).byte(origins.indexOf(row.origin)).text(row.error).text(row.description)
    .number(row.started).number(row.finishing).number(row.finished).number(row.files).number(row.bytes)
    .byte(row.gone ? 1 : 0).end(),
  decode(bytes) {
    const row = new RowReader(bytes)
    return {
      seq: row.number(), repo: row.number(), branch: row.text(), id: row.text(), parent: row.number(), root: row.number(),
      state: oneOf(states, row.byte()), origin: oneOf(origins, row.byte()), error: row.text(), description: row.text(),
      started: row.number(), finishing: row.number(), finished: row.number(), files: row.number(), bytes: row.number(),
      gone: row.byte() === 1,
    }
  },
}

export const fileSets: Table<FileSetRow> = {
  name: 'fileSets',
  database: 'sets',
  encode: (row) => new RowWriter().text(row.token).number(row.root).number(row.expires).end(),
  decode(bytes) {
    const row = new RowReader(bytes)
    return { token: row.text(), root: row.number(), expires: row.number() }
  },
}

export const blobs: Table<BlobRow> = {
  name: 'blobs',
  database: 'blobs',
  encode: (row) => new RowWriter().number(row.id).byte(places.indexOf(row.place)).number(row.segment).number(row.offset)
    .number(row.length).number(row.crc32).end(),
  decode(bytes) {
    const row = new RowReader(bytes)
    return {
      id: row.number(), place: oneOf(places, row.byte()), segment: row.number(), offset: row.number(), length: row.number(),
      crc32: row.number(),
    }
  },
}

const raw = { encode: (row: Buffer) => row, decode: (bytes: Buffer) => bytes }
const reference = {
  encode: (row: string) => Buffer.from(row, 'latin1'),
  decode: (bytes: Buffer) => bytes.toString('latin1'),
}
const presence = { encode: () => Buffer.from([1]), decode: (): true => true }

export const nodes: Table<Buffer> = { name: 'nodes', database: 'nodes', ...raw }
/** Ids of projects and repos, to their keys in `names`. */
export const nameOfId: Table<string> = { name: 'nameOfId', database: 'names', ...reference }
/** Repo and commit id, to the commit's key. */
export const commitOfId: Table<string> = { name: 'commitOfId', database: 'byid', ...reference }
/** Repo and commit: the commits of a repo in order. */
export const history: Table<true> = { name: 'history', database: 'history', ...presence }
/** Parent and child. */
export const children: Table<true> = { name: 'children', database: 'children', ...presence }
/** Expiry time and token of file sets that expire. */
export const expiry: Table<true> = { name: 'expiry', database: 'expiry', ...presence }

/** A choice is kept as its index, so the lists above only ever grow at their ends. */
function oneOf<Value>(values: readonly Value[], index: number): Value {
  const value = values[index]
  if (value === undefined) throw new StoreDamaged(`a row holds ${index} where there are ${values.length} choices`)
  return value
}
