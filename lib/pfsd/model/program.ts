import { bounds } from './bounds'
import type { AttributesRef, Content, Entry, Extent, NodeWriter } from './entry'
import { contentOf, extentsOf } from './extents'
import { boundedTreeBytes } from './tree-bytes'

/** What settling changes needs of a transaction. */
export interface ChangeWriter extends NodeWriter {
  /** Answers the blob's id. */
  addBlob(bytes: Buffer): number
  addBlobFile(file: BlobFile): number
}

/** A finished file of bytes that has no row yet. */
interface BlobFile { readonly id: number, readonly length: number }

/** A piece of content, in the form in which it came. */
export type Piece =
  | { readonly kind: 'bytes', readonly bytes: Buffer }
  | { readonly kind: 'file', readonly file: BlobFile }
  | { readonly kind: 'content', readonly content: Content, readonly size: number }

const noBytes = Buffer.alloc(0)

/*
 * What is done to one key, in order of arrival:
 *
 * - `fresh`: a delete came first, so nothing of what lies beneath is left.
 * - `pieces`: content after that; undefined: none was added (not the same as empty content, which makes an empty file).
 * - Attributes describe exactly the content they came with. Whatever is added later within one stream brings its own or leaves
 *   none. Laid upon content of another stream they are marked stale, unless that content is empty.
 * - A hash holds for one copied entry and nothing else.
 */
export class Program {
  readonly key: Buffer
  private fresh = false
  private pieces: Piece[] | undefined
  private size = 0
  private attributes: Buffer | AttributesRef | undefined
  private hashKind = 0
  private hash: Buffer = noBytes

  constructor(key: Buffer) {
    this.key = key
  }

  add(pieces: readonly Piece[], attributes: Buffer | AttributesRef | undefined): void {
    this.pieces ??= []
    for (const piece of pieces) {
      const length = lengthOf(piece)
      if (length > 0) this.pieces.push(piece)
      this.size += length
    }
    this.attributes = attributes
    this.hashKind = 0
    this.hash = noBytes
  }

  delete(): void {
    this.fresh = true
    this.pieces = undefined
    this.size = 0
    this.attributes = undefined
    this.hashKind = 0
    this.hash = noBytes
  }

  copy(source: Entry, append: boolean, attributes: Buffer | undefined): void {
    if (!append) this.delete()
    this.add([{ kind: 'content', content: source.content, size: source.size }], attributes ?? (append ? undefined : source.attributes))
    if (append) return
    this.hashKind = source.hashKind
    this.hash = source.hash
  }

  merge(entry: Entry): void {
    if (entry.op !== 'append') this.delete()
    if (entry.op === 'delete') return
    const alone = this.size === 0
    const { attributes } = entry
    const kept = alone || attributes === undefined ? attributes : { ...attributes, stale: true }
    this.add([{ kind: 'content', content: entry.content, size: entry.size }], kept)
    if (!alone) return
    this.hashKind = entry.hashKind
    this.hash = entry.hash
  }

  /** OUT_OF_RANGE for a content that no tree may hold. */
  settle(writer: ChangeWriter): Entry {
    const op = !this.fresh ? 'append' : this.pieces === undefined ? 'delete' : 'set'
    const { hash, hashKind } = this
    const size = boundedTreeBytes(this.size)
    return { op, size, hashKind, hash, created: 0, time: 0, content: this.content(writer), attributes: this.attributesRef(writer) }
  }

  private attributesRef(writer: ChangeWriter): AttributesRef | undefined {
    const { attributes } = this
    if (!Buffer.isBuffer(attributes)) return attributes
    if (attributes.length <= bounds.attributesInlineBytesMax) return { kind: 'inline', bytes: attributes }
    return { kind: 'blob', blob: writer.addBlob(attributes), length: attributes.length }
  }

  private content(writer: ChangeWriter): Content {
    const pieces = this.pieces ?? []
    const only = pieces[0]
    if (pieces.length === 1 && only?.kind === 'content') return only.content
    const extents: Extent[] = []
    let held: Buffer[] = []
    let heldBytes = 0
    for (const piece of pieces) {
      const bytes = bytesOf(piece)
      if (bytes !== undefined) {
        if (heldBytes + bytes.length > bounds.smallBlobBytesMax) {
          held = flush(writer, held, extents)
          heldBytes = 0
        }
        held.push(bytes)
        heldBytes += bytes.length
        continue
      }
      held = flush(writer, held, extents)
      heldBytes = 0
      if (piece.kind === 'file') extents.push({ blob: writer.addBlobFile(piece.file), offset: 0, length: piece.file.length })
      else if (piece.kind === 'content') for (const extent of extentsOf(writer, piece.content)) extents.push(extent)
    }
    if (extents.length === 0 && this.size <= bounds.inlineBytesMax) return { kind: 'inline', bytes: Buffer.concat(held) }
    flush(writer, held, extents)
    return contentOf(writer, extents)
  }
}

function lengthOf(piece: Piece): number {
  return piece.kind === 'bytes' ? piece.bytes.length : piece.kind === 'file' ? piece.file.length : piece.size
}

function bytesOf(piece: Piece): Buffer | undefined {
  if (piece.kind === 'bytes') return piece.bytes
  return piece.kind === 'content' && piece.content.kind === 'inline' ? piece.content.bytes : undefined
}

/** Bytes in a row become one blob, which the caller keeps within bounds. Answers what is held then: nothing. */
function flush(writer: ChangeWriter, held: readonly Buffer[], extents: Extent[]): Buffer[] {
  const [first] = held
  if (first === undefined) return []
  const bytes = held.length === 1 ? first : Buffer.concat(held)
  extents.push({ blob: writer.addBlob(bytes), offset: 0, length: bytes.length })
  return []
}
