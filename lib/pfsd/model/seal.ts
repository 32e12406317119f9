import { crc32 } from 'node:zlib'

/** A node that is not what was written under its id: a flipped bit, a torn write, or another node in its place. */
export class NodeDamaged extends Error {
  constructor(id: number, what: string) {
    super(`node ${id} is damaged: ${what}`)
    this.name = 'NodeDamaged'
  }
}

/**
 * Writes the checksum into the first four bytes of a node. It starts from the node's id, and a CRC step is a bijection of its
 * starting value, so the same bytes under another id never pass.
 */
export function sealNode(id: number, node: Buffer): Buffer {
  node.writeUInt32LE(checksum(id, node), 0)
  return node
}

/** Throws NodeDamaged unless `node` was sealed as `id`. */
export function verifyNode(id: number, node: Buffer): void {
  if (node.length < 8) throw new NodeDamaged(id, 'too short')
  if (node.readUInt32LE(0) !== checksum(id, node)) throw new NodeDamaged(id, 'its checksum fails')
}

function checksum(id: number, node: Buffer): number {
  return crc32(node.subarray(4), ((id % 2 ** 32) ^ (id / 2 ** 32)) >>> 0)
}
