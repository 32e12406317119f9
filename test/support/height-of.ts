import { Records } from '../../lib/pfsd/model/codec-records'
import { chainOf } from '../../lib/pfsd/model/delta'
import { emptyRoot, type NodeReader } from '../../lib/pfsd/model/entry'

/** Number of levels; 0 for the empty tree. Delta nodes are not counted. */
export function heightOf(nodes: NodeReader, root: number): number {
  const { base } = chainOf(nodes, root)
  return base === emptyRoot ? 0 : new Records(nodes.node(base)).level + 1
}
