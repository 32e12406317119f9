import type { FileAttributes, PartTable as WirePartTable } from '../wire/messages'
import type { Attributes, PartTable } from './contract'

export function attributesToWire(attributes: Attributes): FileAttributes {
  const wire: FileAttributes = {}
  if (Object.keys(attributes.entries).length > 0) wire.entries = { ...attributes.entries }
  if (attributes.parts !== undefined) wire.parts = partsToWire(attributes.parts)
  return wire
}

function partsToWire(parts: PartTable): WirePartTable {
  const wire: WirePartTable = {}
  if (parts.sizes.length > 0) wire.sizes = [...parts.sizes]
  if (parts.numbers.some((number, i) => number !== i + 1)) wire.numbers = [...parts.numbers]
  if (parts.checksumAlgorithm !== undefined) wire.checksum_algorithm = parts.checksumAlgorithm
  if (parts.checksums !== undefined && parts.checksums.length > 0) wire.checksums = [...parts.checksums]
  return wire
}

export function attributesFromWire(wire: FileAttributes): Attributes {
  const entries = wire.entries ?? {}
  return wire.parts === undefined ? { entries } : { entries, parts: partsFromWire(wire.parts) }
}

function partsFromWire(wire: WirePartTable): PartTable {
  const sizes = wire.sizes ?? []
  const numbers = wire.numbers !== undefined && wire.numbers.length > 0 ? wire.numbers : sizes.map((_, i) => i + 1)
  if (wire.checksum_algorithm === undefined || wire.checksums === undefined) return { numbers, sizes }
  return { numbers, sizes, checksumAlgorithm: wire.checksum_algorithm, checksums: wire.checksums }
}
