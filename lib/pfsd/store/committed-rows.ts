import { LRUCache } from 'lru-cache'
import { limits } from '../limits'
import { verifyNode } from '../model/seal'
import { StoreDamaged } from './failure'
import type { IndexFile } from './index-file'
import { keys } from './keys'
import type { Overlay } from './overlay'
import type { RowSource } from './row-source'
import { rowTextBytes } from './row-text-bytes'
import { nodes, type Table } from './tables'

/**
 * The durable state: the index with caches of nodes and decoded rows in front. A group's changes reach the caches when its
 * commit has resolved. For a moment before that the index may already show them, so a row read then can be newer than a
 * cached one; both are durable, and nodes that the group freed go with the next group only.
 */
export class CommittedRows implements RowSource {
  private readonly index: IndexFile
  private readonly nodeCache = new LRUCache<number, Buffer>({
    maxSize: limits.nodeCacheBytes,
    sizeCalculation: (node) => node.length + nodeOverheadBytes,
  })
  private readonly rowCache = new LRUCache<string, NonNullable<unknown>>({
    maxSize: limits.rowCacheBytes,
    sizeCalculation: (row) => rowOverheadBytes + rowTextBytes(row),
  })

  constructor(index: IndexFile) {
    this.index = index
  }

  get<Row>(table: Table<Row>, key: string): Row | undefined {
    const cacheKey = table.name + key
    const known = this.rowCache.get(cacheKey)
    // Holds because the cache's key starts with the table's name: only this table's rows stand under it.
    if (known !== undefined) return known as Row
    const bytes = key.length > limits.indexKeyBytesMax ? undefined : this.index.get(table.database, key)
    if (bytes === undefined) return undefined
    const row = decode(table, bytes)
    if (isWorthKeeping(row)) this.rowCache.set(cacheKey, row)
    return row
  }

  * range<Row>(table: Table<Row>, start: string, end: string, reverse = false): Iterable<readonly [string, Row]> {
    for (const [key, bytes] of this.index.range(table.database, start, end, reverse)) yield [key, decode(table, bytes)]
  }

  /** A node's seal is checked when it comes from the index, not when it comes from the cache. */
  node(id: number): Buffer | undefined {
    const known = this.nodeCache.get(id)
    if (known !== undefined) return known
    const bytes = this.index.get(nodes.database, keys.number(id))
    if (bytes === undefined) return undefined
    verifyNode(id, bytes)
    this.nodeCache.set(id, bytes)
    return bytes
  }

  /** Takes over a group that has become durable. */
  accept(group: Overlay): void {
    for (const [table, rows] of group.rows) {
      for (const [key, { row }] of rows) {
        if (isWorthKeeping(row)) this.rowCache.set(table.name + key, row)
        else this.rowCache.delete(table.name + key)
      }
    }
    for (const [id, node] of group.nodes) {
      if (node !== undefined) this.nodeCache.set(id, node)
    }
  }
}

/** Rows and references to rows; those that only say that their key is there are never looked up by it. */
function isWorthKeeping(row: unknown): row is object | string {
  return typeof row === 'string' || (typeof row === 'object' && row !== null)
}

const nodeOverheadBytes = 128
const rowOverheadBytes = 1024

function decode<Row>(table: Table<Row>, bytes: Buffer): Row {
  try {
    return table.decode(bytes)
  } catch (error) {
    throw error instanceof StoreDamaged ? error : new StoreDamaged(`a row of ${table.name} cannot be read`, error)
  }
}
