import { Cursor } from './cursor'
import type { Entry, NodeReader } from './entry'
import { type ChangeWriter, type Piece, Program } from './program'
import { lookup } from './tree'
import { applyEdits, type Edit } from './tree-edit'

/** What a stream or a file set does to one key. Sorted by key wherever there are several. */
export interface Change { readonly path: Buffer, readonly entry: Entry }

/** The commit that takes the changes. */
interface Stamp { readonly created: number, readonly time: number }

/**
 * Changes under construction: a program per key, built from a stream's operations or from file sets laid upon each other. The
 * order of operations matters only per key. Nothing is written before `settle`.
 */
export class Changes {
  private readonly programs = new Map<string, Program>()

  /** Keys changed so far. */
  get count(): number {
    return this.programs.size
  }

  /** Adds to the end of the file. `attributes` are those of the whole content as it now is (attributes.ts), or drop the earlier ones. */
  add(key: Buffer, pieces: readonly Piece[], attributes?: Buffer): void {
    this.program(key).add(pieces, attributes)
  }

  delete(key: Buffer): void {
    this.program(key).delete()
  }

  /**
   * Copies an entry of a commit or a file set, sharing its content. Without `append` the copy replaces the file, and inherits
   * hash and attributes unless there are others.
   */
  copy(key: Buffer, source: Entry, options: { readonly append: boolean, readonly attributes?: Buffer }): void {
    this.program(key).copy(source, options.append, options.attributes)
  }

  /** Lays one change upon those before it: set and delete win, append adds to what is there. */
  merge({ path, entry }: Change): void {
    this.program(path).merge(entry)
  }

  /** The changes in order of their keys; writes what they need besides: blobs of small content, lists of extents. */
  settle(writer: ChangeWriter): Change[] {
    const changes = [...this.programs.values()].map((program) => ({ path: program.key, entry: program.settle(writer) }))
    return changes.sort((a, b) => Buffer.compare(a.path, b.path))
  }

  private program(key: Buffer): Program {
    const name = key.toString('latin1')
    let program = this.programs.get(name)
    if (program === undefined) this.programs.set(name, program = new Program(key))
    return program
  }
}

/** All changes of a file set. */
export function readChanges(nodes: NodeReader, root: number): Change[] {
  const changes: Change[] = []
  const cursor = new Cursor(nodes, root)
  for (let valid = cursor.seek(Buffer.alloc(0)); valid; valid = cursor.next()) changes.push({ path: cursor.path(), entry: cursor.entry() })
  return changes
}

/** File sets laid upon each other in order; answers the root of the file set that does the same. Costs what all but the first hold. */
export function composeFileSets(writer: ChangeWriter, roots: readonly number[]): number {
  const [first = 0, ...others] = roots
  const changes = new Changes()
  const known = new Set<string>()
  for (const root of others) {
    for (const change of readChanges(writer, root)) {
      const name = change.path.toString('latin1')
      const below = known.has(name) ? undefined : lookup(writer, first, change.path)
      if (below !== undefined) changes.merge({ path: change.path, entry: below })
      known.add(name)
      changes.merge(change)
    }
  }
  return applyEdits(writer, first, changes.settle(writer))
}

/** The tree of a commit after the changes; what they write carries the stamp. */
export function applyChanges(writer: ChangeWriter, root: number, changes: readonly Change[], stamp: Stamp): number {
  const edits = changes.map(({ path, entry }): Edit => {
    if (entry.op === 'delete') return { path, entry: undefined }
    const below = entry.op === 'append' ? lookup(writer, root, path) : undefined
    return { path, entry: { ...(below === undefined ? entry : append(writer, path, below, entry)), op: 'set', ...stamp } }
  })
  return applyEdits(writer, root, edits)
}

function append(writer: ChangeWriter, path: Buffer, below: Entry, entry: Entry): Entry {
  const program = new Program(path)
  program.merge(below)
  program.merge(entry)
  return program.settle(writer)
}
