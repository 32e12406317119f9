import { bounds } from '../../lib/pfsd/model/bounds'
import { commonLength } from '../../lib/pfsd/model/byte-order'
import { ByteWriter } from '../../lib/pfsd/model/byte-writer'
import { nodeKinds, writeHeader } from '../../lib/pfsd/model/codec-records'
import { chainOf } from '../../lib/pfsd/model/delta'
import type { NodeWriter } from '../../lib/pfsd/model/entry'
import { sealNode } from '../../lib/pfsd/model/seal'

interface Change {
  readonly path: Buffer
  /** Encoded entry; undefined removes the path. */
  readonly rest: Buffer | undefined
  /** Size of the entry beneath; undefined: there is none. */
  readonly replaced: number | undefined
}

const writer = new ByteWriter()

/** Puts changes, in the order of their paths, in front of a root; answers the new root. The store reads such nodes and writes none. */
export function writeDelta(nodes: NodeWriter, root: number, changes: readonly Change[]): number {
  const first = changes[0]
  const last = changes[changes.length - 1]
  if (first === undefined || last === undefined) return root
  const depth = chainOf(nodes, root).chain.length + 1
  if (depth > bounds.deltaDepthMax) throw new RangeError('the chain of delta nodes is full')
  const prefix = first === last ? 0 : commonLength(first.path, last.path)
  writer.length = 0
  writeHeader(writer, { kind: nodeKinds.delta, level: depth, count: changes.length, prefixLength: prefix })
  writer.u48(root)
  writer.bytes(first.path, 0, prefix)
  const offsets = writer.length
  for (let i = 0; i < changes.length; i++) writer.u16(0)
  for (const [i, { path, rest, replaced }] of changes.entries()) {
    writer.patchU16(offsets + 2 * i, writer.length)
    writer.varint(path.length - prefix)
    writer.bytes(path, prefix)
    writer.varint(replaced === undefined ? 0 : replaced + 1)
    writer.byte(rest === undefined ? 0 : 1)
    if (rest !== undefined) writer.bytes(rest)
  }
  const id = nodes.reserveNode()
  nodes.putNode(id, sealNode(id, writer.finish()))
  return id
}
