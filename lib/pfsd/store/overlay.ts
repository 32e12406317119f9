import { limits } from '../limits'
import type { Change } from './index-file'
import { keys } from './keys'
import type { RowSource } from './row-source'
import { nodes, type Table } from './tables'

const rowOverheadBytes = 128

/** A row as it is read, and as the index takes it; both undefined: it was removed. */
interface PutRow { readonly row: unknown, readonly bytes: Buffer | undefined }

/**
 * Changes on top of another state. A work has one on top of its group's, so that dropping it undoes the work; the group has
 * one on top of the durable state. An undefined node is one that was removed. Rows are encoded when they are put: one that the
 * format cannot hold fails its own work, and never the group on its way to disk.
 */
export class Overlay implements RowSource {
  private readonly below: RowSource
  readonly rows = new Map<Table<unknown>, Map<string, PutRow>>()
  readonly nodes = new Map<number, Buffer | undefined>()
  /** Small blobs whose bytes go to a segment with this group, and ids of blob files that this group names. */
  readonly blobs: { readonly id: number, readonly bytes: Buffer }[] = []
  readonly blobFiles: number[] = []
  /** Bytes of nodes, blobs and rows, about. */
  weight = 0

  constructor(below: RowSource) {
    this.below = below
  }

  get<Row>(table: Table<Row>, key: string): Row | undefined {
    const put = this.rows.get(table)?.get(key)
    // Holds because `put` is the only way into a table's map, and takes the table's own rows.
    if (put !== undefined) return put.row as Row | undefined
    return this.below.get(table, key)
  }

  node(id: number): Buffer | undefined {
    return this.nodes.has(id) ? this.nodes.get(id) : this.below.node(id)
  }

  /** RangeError for a key or a row that the index cannot hold. */
  put<Row>(table: Table<Row>, key: string, row: Row | undefined): void {
    if (key.length > limits.indexKeyBytesMax) throw new RangeError(`a name is longer than ${limits.indexKeyBytesMax} bytes`)
    const bytes = row === undefined ? undefined : table.encode(row)
    this.rowsOf(table).set(key, { row, bytes })
    this.weight += rowOverheadBytes + key.length + (bytes?.length ?? 0)
  }

  private rowsOf(table: Table<unknown>): Map<string, PutRow> {
    let rows = this.rows.get(table)
    if (rows === undefined) {
      rows = new Map()
      this.rows.set(table, rows)
    }
    return rows
  }

  putNode(id: number, node: Buffer): void {
    this.nodes.set(id, node)
    this.weight += node.length
  }

  /** What is removed or replaced while the caller iterates is not shown any more; what is added meanwhile may be missed. */
  * range<Row>(table: Table<Row>, start: string, end: string, reverse = false): Iterable<readonly [string, Row]> {
    const rows = this.rows.get(table)
    const own = rows === undefined ? [] : [...rows.keys()].filter((key) => key >= start && key < end).sort()
    if (reverse) own.reverse()
    let next = 0
    // Two ordered lists are merged; where both have a key, the upper one's row is shown, or none where it was removed.
    for (const [key, row] of this.below.range(table, start, end, reverse)) {
      for (let mine = own[next]; mine !== undefined && (reverse ? mine > key : mine < key); mine = own[++next]) {
        yield* this.shown(table, mine)
      }
      if (own[next] === key) continue
      if (this.rows.get(table)?.has(key) === true) yield* this.shown(table, key)
      else yield [key, row]
    }
    for (let mine = own[next]; mine !== undefined; mine = own[++next]) yield* this.shown(table, mine)
  }

  /** Takes over the changes of an overlay that stood on this one, whole: nothing in here can fail, however much there is. */
  merge(above: Overlay): void {
    for (const [table, rows] of above.rows) {
      const own = this.rowsOf(table)
      for (const [key, put] of rows) own.set(key, put)
    }
    for (const [id, node] of above.nodes) {
      if (node === undefined && this.nodes.get(id) !== undefined) this.nodes.delete(id)
      else this.nodes.set(id, node)
    }
    // One by one: what is spread out as arguments has to fit the stack.
    for (const blob of above.blobs) this.blobs.push(blob)
    for (const id of above.blobFiles) this.blobFiles.push(id)
    this.weight += above.weight
  }

  isEmpty(): boolean {
    return this.rows.size === 0 && this.nodes.size === 0 && this.blobs.length === 0
  }

  /** The changes as the index takes them, but for freed nodes: see `freedNodes`. */
  changes(): Change[] {
    const changes: Change[] = []
    for (const [id, node] of this.nodes) {
      if (node !== undefined) changes.push({ database: nodes.database, key: keys.number(id), value: node })
    }
    for (const [table, rows] of this.rows) {
      for (const [key, { bytes }] of rows) changes.push({ database: table.database, key, value: bytes })
    }
    return changes
  }

  freedNodes(): number[] {
    return [...this.nodes].filter(([, node]) => node === undefined).map(([id]) => id)
  }

  private * shown<Row>(table: Table<Row>, key: string): Iterable<readonly [string, Row]> {
    const row = this.get(table, key)
    if (row !== undefined) yield [key, row]
  }
}
