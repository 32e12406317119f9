import type { FileAttributes, PartTable } from '../../wire/messages'
import { ByteReader } from './byte-reader'
import { ByteWriter } from './byte-writer'

/*
 * A file's attributes in compact form:
 *
 *   u8     version, 1
 *   varint count of entries; each: name, value
 *   u8     flags of the part table: 1 present, 2 part numbers, 4 checksums
 *   sizes: varint count, then runs of (varint size, varint how many parts in a row have it)
 *   numbers: varint count, then each as a zigzag difference to the one before
 *   checksums: name of the algorithm, varint count, then varint length and bytes of each
 *
 * A name is varint length and UTF-8. So is a value, with its length doubled; an odd length says that twice as many lower-case hex
 * digits stand packed in that many bytes.
 */
const version = 1
const partsPresent = 1
const partsNumbered = 2
const partsChecked = 4
/** Entries of this name describe exactly the content as it was when they were written. */
const digestPrefix = 'd:'
const packable = /^(?:[0-9a-f]{2}){4,}$/
const writer = new ByteWriter()

/** Throws a RangeError for sizes and numbers that no file has, such as negative ones. */
export function encodeAttributes(attributes: FileAttributes): Buffer {
  writer.length = 0
  writer.byte(version)
  const entries = Object.entries(attributes.entries ?? {})
  writer.varint(entries.length)
  for (const [name, value] of entries) {
    writeText(name)
    writeValue(value)
  }
  writeParts(attributes.parts)
  return writer.finish()
}

/** The message; fields at their default are absent. With `stale`, without what describes the content exactly. */
export function decodeAttributes(bytes: Buffer, stale = false): FileAttributes {
  const reader = new ByteReader(bytes, 0)
  if (reader.byte() !== version) throw new Error('attributes of an unknown format')
  let entries: Record<string, string> | undefined
  for (let left = reader.varint(); left > 0; left--) {
    const name = readText(reader)
    const value = readValue(reader)
    if (stale && name.startsWith(digestPrefix)) continue
    entries ??= {}
    if (name === '__proto__') Object.defineProperty(entries, name, { value, enumerable: true, configurable: true, writable: true })
    else entries[name] = value
  }
  const attributes: FileAttributes = {}
  if (entries !== undefined) attributes.entries = entries
  const parts = stale ? undefined : readParts(reader)
  if (parts !== undefined) attributes.parts = parts
  return attributes
}

function writeParts(parts: PartTable | undefined): void {
  if (parts === undefined) return writer.byte(0)
  const sizes = parts.sizes ?? []
  const numbers = parts.numbers ?? []
  const checksums = parts.checksums ?? []
  const algorithm = parts.checksum_algorithm ?? ''
  const checked = checksums.length > 0 || algorithm !== ''
  writer.byte(partsPresent | (numbers.length > 0 ? partsNumbered : 0) | (checked ? partsChecked : 0))
  writer.varint(sizes.length)
  for (let i = 0; i < sizes.length;) {
    let end = i + 1
    while (end < sizes.length && sizes[end] === sizes[i]) end++
    writer.varint(sizes[i] ?? 0)
    writer.varint(end - i)
    i = end
  }
  if (numbers.length > 0) writeNumbers(numbers)
  if (!checked) return
  writeText(algorithm)
  writer.varint(checksums.length)
  for (const checksum of checksums) {
    writer.varint(checksum.length)
    writer.bytes(checksum)
  }
}

function writeNumbers(numbers: readonly number[]): void {
  writer.varint(numbers.length)
  let last = 0
  for (const number of numbers) {
    const difference = number - last
    writer.varint(difference < 0 ? -2 * difference - 1 : 2 * difference)
    last = number
  }
}

function readParts(reader: ByteReader): PartTable | undefined {
  const flags = reader.byte()
  if ((flags & partsPresent) === 0) return undefined
  const parts: PartTable = {}
  const sizes: number[] = []
  for (const count = reader.varint(); sizes.length < count;) {
    const size = reader.varint()
    for (let run = reader.varint(); run > 0; run--) sizes.push(size)
  }
  if (sizes.length > 0) parts.sizes = sizes
  if ((flags & partsNumbered) !== 0) {
    let last = 0
    parts.numbers = Array.from({ length: reader.varint() }, () => {
      const zigzag = reader.varint()
      return last += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    })
  }
  if ((flags & partsChecked) === 0) return parts
  const algorithm = readText(reader)
  if (algorithm !== '') parts.checksum_algorithm = algorithm
  const checksums = Array.from({ length: reader.varint() }, () => reader.take(reader.varint()))
  if (checksums.length > 0) parts.checksums = checksums
  return parts
}

function writeText(text: string): void {
  const bytes = Buffer.from(text)
  writer.varint(bytes.length)
  writer.bytes(bytes)
}

function readText(reader: ByteReader): string {
  return reader.text(reader.varint(), 'utf8')
}

function writeValue(text: string): void {
  const packed = packable.test(text)
  const bytes = Buffer.from(text, packed ? 'hex' : 'utf8')
  writer.varint(bytes.length * 2 + (packed ? 1 : 0))
  writer.bytes(bytes)
}

function readValue(reader: ByteReader): string {
  const length = reader.varint()
  return length % 2 === 1 ? reader.text((length - 1) / 2, 'hex') : reader.text(length / 2, 'utf8')
}
