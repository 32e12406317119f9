import assert from 'node:assert'

/**
 * Sizes that the tree's formats and shapes rest on, unit last in the name. Writers keep them; readers take whatever stands in a node,
 * so that they can be changed later.
 */
export const bounds = {
  /** Nodes are packed up to this size … */
  nodeTargetBytes: 2000,
  /** … or this one while they hold only a few long records; a single record may exceed it. */
  nodeBytesMax: 4096,
  /** A node that shrank below this size is merged with a neighbour. */
  nodeBytesMin: 500,
  /** Path and datum suffix together; offsets in a node are 16 bits wide, which bounds three of these. */
  keyBytesMax: 16 * 1024,
  inlineBytesMax: 64,
  /** Held bytes in a row become one small blob, or several of up to this size; no single piece is longer. */
  smallBlobBytesMax: 1024 * 1024,
  extentsMax: 4,
  attributesInlineBytesMax: 256,
  hashBytesMax: 64,
  deltaDepthMax: 16,
  /** What the sizes of a tree's files may come to: copies take no room, so it is reached. Rows of commits hold no larger sum. */
  treeBytesMax: 2 ** 48 - 1,
} as const

assert(bounds.nodeTargetBytes <= bounds.nodeBytesMax, 'the target lies below the maximum')
assert(bounds.nodeBytesMin * 2 <= bounds.nodeTargetBytes, 'two nodes that were merged must not be due for a split at once')
assert(3 * (bounds.keyBytesMax + 1024) < 65_536, 'three of the longest records must fit 16-bit offsets')
