import { Budget } from '../../../kit/budget'
import { Code, RpcFailure } from '../../failure'
import { limits } from '../../limits'
import { encodeAttributes } from '../../model/attributes'
import { Changes, type Change } from '../../model/change'
import type { Entry } from '../../model/entry'
import { duplicateKeyText, keyText } from '../../model/key-text'
import type { Piece } from '../../model/program'
import { BlobSink, type SunkPiece } from './blob-sink'
import type { Instance } from './instance'
import type { PathRules } from '../../model/paths'
import type { BlobFile, Tx } from '../../store/store'
import type { AddFile, DeleteFile, ExpectFile, FileAttributes } from '../../../wire/messages'

/** What a stream does to one key so far. */
interface FileChange {
  /** What lies beneath goes; what is written, if anything, replaces it. */
  deletes: boolean
  /** Something is written, if only an empty file. */
  writes: boolean
  /** In order of arrival. */
  pieces: Array<HeldPiece | SunkPiece | CopiedPiece>
  heldBytes: number
  /** Some of the content was copied. */
  copied: boolean
  /** Said by the last writer, encoded. */
  attributes: Buffer | undefined
  /** What this change is charged with beside its content. */
  weight: number
}

interface HeldPiece { readonly kind: 'held', readonly bytes: Buffer }
interface CopiedPiece { readonly kind: 'copied', readonly entry: Entry }

/** What is copied, and how; it says nothing of paths. */
interface EntryCopy {
  readonly entry: Entry
  readonly replaces: boolean
  readonly attributes: FileAttributes | undefined
}

/** What a change takes in memory beside its key, attributes and content, and what each piece of content takes beside its bytes. */
const changeBytes = 400
const pieceBytes = 128

/**
 * The changes of one stream while it is open. Small content is held in memory, within bounds for the file and for the
 * stream and for all streams together; the rest goes to blob files as it comes. Keys, attributes and the lists of pieces
 * cannot be put aside: where those of all streams become too many, a stream is refused. Nothing has a row until `settle`.
 */
export class StreamChanges {
  /** Directories that go, from what lies beneath, with all that is in them; each ends in a slash. */
  readonly cuts: string[] = []
  /** What the sender says is there before the stream's commit: the number of the commit that wrote a key, 0 where there is none. */
  readonly expected = new Map<string, number>()
  private readonly changes = new Map<string, FileChange>()
  private readonly sink: BlobSink
  private readonly paths: PathRules
  private readonly budget: Budget
  private readonly room: Budget
  private heldBytes = 0
  private weight = 0

  constructor({ store, paths, held, changes }: Pick<Instance, 'store' | 'paths' | 'held' | 'changes'>) {
    this.sink = new BlobSink(store)
    this.paths = paths
    this.budget = held
    this.room = new Budget(limits.changesStreamBytesMax, changes)
  }

  /** Takes over the bytes. A promise asks to wait before the next message. */
  add(file: AddFile): Promise<void> | undefined {
    const change = this.writable(this.paths.written(file.path ?? ''), file.datum, false)
    this.describe(change, file.attributes)
    const bytes = file.raw?.value
    return bytes === undefined || bytes.length === 0 ? undefined : this.append(change, bytes)
  }

  delete(file: DeleteFile): void {
    const sent = file.path ?? ''
    if (file.literal !== true && this.paths.isDirectory(sent)) return this.cut(sent)
    const path = this.paths.written(sent)
    this.remove(keyText(path, file.datum))
    if (this.paths.setting === 's3') return
    const duplicate = duplicateKeyText(path)
    if (this.changes.has(duplicate)) this.remove(duplicate)
  }

  /** `replaces`: whatever is at the path goes first, and the copy has the source's attributes unless there are others. */
  copy(path: string, datum: string | undefined, copy: EntryCopy): void {
    if (copy.replaces) this.remove(keyText(path, datum))
    const change = this.writable(path, datum, true)
    this.describe(change, copy.attributes)
    this.push(change, { kind: 'copied', entry: copy.entry })
  }

  /** Of several of one path the last counts. */
  expect(file: ExpectFile): void {
    const key = this.paths.written(file.path ?? '')
    if (!this.expected.has(key)) this.charge(changeBytes + 2 * key.length)
    this.expected.set(key, file.revision ?? 0)
  }

  /** Resolves when all bytes that were not held are synced; undefined: there are none. */
  finish(): Promise<readonly BlobFile[]> | undefined {
    return this.sink.finish()
  }

  /** Lets go of everything; after `settle` only of the bytes' place in the budget. */
  discard(): void {
    this.release(this.heldBytes)
    this.room.give(this.weight)
    this.weight = 0
    this.sink.discard()
  }

  /** The changes by key, as they are written to a tree; `files` are what `finish` gave. Called once, in the transaction. */
  settle(tx: Tx, files: readonly BlobFile[]): Change[] {
    const blobs = files.map((file) => tx.addBlobFile(file))
    const changes = new Changes()
    for (const [key, change] of this.changes) settleChange(changes, Buffer.from(key), change, blobs)
    return changes.settle(tx)
  }

  private release(bytes: number): void {
    this.heldBytes -= bytes
    this.budget.give(bytes)
  }

  private charge(bytes: number): void {
    if (!this.room.take(bytes)) {
      throw new RpcFailure(Code.resourceExhausted, 'the changes of this stream, or of all open ones, take too much memory')
    }
    this.weight += bytes
  }

  private describe(change: FileChange, attributes: FileAttributes | undefined): void {
    const bytes = attributes === undefined ? undefined : boundedAttributes(attributes)
    const more = (bytes?.length ?? 0) - (change.attributes?.length ?? 0)
    this.charge(more)
    change.weight += more
    change.attributes = bytes
  }

  private push(change: FileChange, piece: FileChange['pieces'][number]): void {
    this.charge(pieceBytes)
    change.weight += pieceBytes
    change.pieces.push(piece)
  }

  private change(key: string): FileChange {
    let change = this.changes.get(key)
    if (change === undefined) {
      const weight = changeBytes + 2 * key.length
      this.charge(weight)
      change = { deletes: false, writes: false, pieces: [], heldBytes: 0, copied: false, attributes: undefined, weight }
      this.changes.set(key, change)
    }
    return change
  }

  private drop(key: string, change: FileChange): void {
    this.release(change.heldBytes)
    this.charge(-change.weight)
    this.changes.delete(key)
  }

  /** Forgets what the stream wrote to the key before: nobody will see it, so its memory is given back now. */
  private remove(key: string): void {
    const change = this.changes.get(key)
    if (change !== undefined) this.drop(key, change)
    this.change(key).deletes = true
  }

  /**
   * Where content for a path goes. pachd keeps a copy apart from everything else that the stream writes to the same path. In
   * the `s3` setting a path has one content, which every delete and replacement of that path takes.
   */
  private writable(path: string, datum: string | undefined, copies: boolean): FileChange {
    if (this.paths.setting === 's3' && keyText(path, datum) !== path) {
      throw new RpcFailure(Code.invalidArgument,
        `path (${path}) invalid: it has one content, and the datum (${datum ?? ''}) asks for another`)
    }
    let change = this.change(keyText(path, datum))
    if (this.paths.setting === 'pachd' && change.writes && (copies || change.copied)) change = this.change(duplicateKeyText(path))
    change.writes = true
    change.copied ||= copies
    return change
  }

  private append(change: FileChange, bytes: Buffer): Promise<void> | undefined {
    const last = change.pieces[change.pieces.length - 1]
    const fits = change.heldBytes + bytes.length <= limits.heldFileBytesMax && this.heldBytes + bytes.length <= limits.heldStreamBytesMax
      && change.pieces.length < limits.heldPiecesMax
    if (fits && last?.kind !== 'sunk' && this.budget.take(bytes.length)) {
      change.heldBytes += bytes.length
      this.heldBytes += bytes.length
      this.push(change, { kind: 'held', bytes })
      return undefined
    }
    // Where all of the file was held so far, it goes first, so that the file becomes one run of bytes.
    if (change.heldBytes > 0 && change.pieces.every((piece) => piece.kind === 'held')) this.sinkHeld(change)
    return this.sinkBytes(change, bytes)
  }

  /** Moves to a file what was held of a file so far. */
  private sinkHeld(change: FileChange): void {
    const held = change.pieces
    change.pieces = []
    this.charge(-held.length * pieceBytes)
    change.weight -= held.length * pieceBytes
    this.release(change.heldBytes)
    change.heldBytes = 0
    for (const piece of held) {
      // If one of these finds no room, finishing says so too.
      if (piece.kind === 'held') this.sinkBytes(change, piece.bytes)?.catch(() => undefined)
    }
  }

  private sinkBytes(change: FileChange, bytes: Buffer): Promise<void> | undefined {
    const { piece, wait } = this.sink.write(bytes)
    const last = change.pieces[change.pieces.length - 1]
    if (last?.kind === 'sunk' && last.file === piece.file && last.offset + last.length === piece.offset) {
      change.pieces[change.pieces.length - 1] = { ...last, length: last.length + piece.length }
    } else {
      this.push(change, piece)
    }
    return wait
  }

  /** What the stream itself wrote below goes at once; what lies beneath goes when it is committed. */
  private cut(sent: string): void {
    const path = /^\/+$/.test(sent) ? '' : this.paths.written(sent)
    const prefix = path.endsWith('/') ? path : path + '/'
    for (const [key, change] of this.changes) {
      if (key.startsWith(prefix)) this.drop(key, change)
    }
    this.charge(changeBytes + 2 * prefix.length)
    this.cuts.push(prefix)
  }
}

/** One copy that replaces is told apart: only it keeps its source's hash, and attributes where it brings none. */
function settleChange(changes: Changes, key: Buffer, change: FileChange, blobs: readonly number[]): void {
  const { attributes } = change
  if (change.deletes) changes.delete(key)
  if (!change.writes) return
  const [only] = change.pieces
  if (change.deletes && change.pieces.length === 1 && only?.kind === 'copied') {
    changes.copy(key, only.entry, { append: false, ...attributes === undefined ? {} : { attributes } })
  } else {
    changes.add(key, change.pieces.map((piece) => settledPiece(piece, blobs)), attributes)
  }
}

/** They may come to a whole message, which no segment takes as one blob: INVALID_ARGUMENT. */
function boundedAttributes(attributes: FileAttributes): Buffer {
  const bytes = encodeAttributes(attributes)
  if (bytes.length <= limits.segmentBlobBytesMax) return bytes
  throw new RpcFailure(Code.invalidArgument, `attributes of ${bytes.length} bytes are longer than ${limits.segmentBlobBytesMax} bytes`)
}

function settledPiece(piece: HeldPiece | SunkPiece | CopiedPiece, blobs: readonly number[]): Piece {
  if (piece.kind === 'held') return { kind: 'bytes', bytes: piece.bytes }
  if (piece.kind === 'copied') return { kind: 'content', content: piece.entry.content, size: piece.entry.size }
  const blob = blobs[piece.file]
  if (blob === undefined) throw new Error(`a stream has no blob file ${piece.file}`)
  const { offset, length } = piece
  return { kind: 'content', content: { kind: 'extents', extents: [{ blob, offset, length }] }, size: length }
}
