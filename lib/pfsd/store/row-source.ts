import type { Table } from './tables'

/** Rows of all tables and nodes in one state. Rows are shared: nobody changes one in place. */
export interface RowSource {
  get<Row>(table: Table<Row>, key: string): Row | undefined
  /** Rows with keys in [start, end), in key order or from the end. */
  range<Row>(table: Table<Row>, start: string, end: string, reverse?: boolean): Iterable<readonly [key: string, row: Row]>
  node(id: number): Buffer | undefined
}
