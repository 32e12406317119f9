import { createHash, hash, type Hash } from 'node:crypto'
import { ChunkChain } from '../auth/chunk-chain'
import { limits } from '../limits'
import { S3Error } from '../s3/error'
import { invalidRequest } from '../s3/refusal'
import type { Framing } from './plan'

/**
 * Takes the framing off an aws-chunked body:
 *
 *   <size in hex>[;chunk-signature=<64 hex>]CRLF <bytes> CRLF … 0[;chunk-signature=…]CRLF [<name>:<value>CRLF …] CRLF
 *
 * Invariants:
 * - Content is passed on as slices of what came in, as it comes in: a size line decides only how far to count, and nothing
 *   is ever allocated by it. What is held back is one unfinished line, and lines have caps.
 * - Content flows on before its chunk's signature can be checked. That is sound because nothing is visible before the
 *   verdict: a chunk, trailer or end that fails throws, and no verdict is given after that.
 * - The end of the bytes is an end of the body only behind the last chunk. As S3 has it, the empty line that closes the
 *   trailer section may then be missing; anything behind it is refused.
 */
export class AwsChunked {
  private readonly chain: ChunkChain | undefined
  /** Without a key there is nothing to check a digest with, so none is made. */
  private readonly hashing: boolean
  private readonly trailerAllowed: boolean
  private readonly trailerName: string | undefined
  private readonly receiver: ContentReceiver

  private state: 'size' | 'content' | 'content-cr' | 'content-lf' | 'trailer' | 'over' = 'size'
  private line = ''
  private chunks = 0
  private chunkSize = 0
  /** Bytes of the chunk that are still to come. */
  private rest = 0
  private signature = ''
  private running: Hash | undefined
  private digest = ''
  private trailerBytes = 0
  private trailerText = ''
  private trailerSignature: string | undefined
  /** The announced field's value, once the trailer has come. */
  trailerValue: string | undefined

  constructor(framing: Extract<Framing, { kind: 'aws-chunked' }>, receiver: ContentReceiver) {
    this.chain = framing.chain === undefined ? undefined : new ChunkChain(framing.chain)
    this.hashing = framing.chain?.signingKey !== undefined
    this.trailerAllowed = framing.trailer
    this.trailerName = framing.trailerName
    this.receiver = receiver
  }

  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      switch (this.state) {
        case 'size': at = this.readSize(bytes, at); break
        case 'content': at = this.readContent(bytes, at); break
        case 'content-cr': at = this.expect(0x0d, bytes, at, 'content-lf'); break
        case 'content-lf': at = this.expect(0x0a, bytes, at, 'size'); break
        case 'trailer': at = this.readTrailer(bytes, at); break
        case 'over': throw invalidRequest('The request body has data behind its last chunk.')
      }
    }
  }

  end(): void {
    if (this.state === 'trailer' && this.line === '') this.closeTrailer()
    if (this.state !== 'over') throw terminated()
  }

  private expect(byte: number, bytes: Buffer, at: number, next: 'content-lf' | 'size'): number {
    if (bytes[at] !== byte) throw terminated()
    this.state = next
    return at + 1
  }

  /** Appends to `line` up to and with the next LF, or all there is; throws before the line would exceed its cap. */
  private readLine(bytes: Buffer, at: number, bytesMax: number): number {
    const end = Math.min(bytes.length, at + bytesMax - this.line.length)
    const feed = bytes.subarray(at, end).indexOf(0x0a)
    if (feed === -1 && end < bytes.length) throw terminated()
    const stop = feed === -1 ? end : at + feed + 1
    this.line += bytes.toString('latin1', at, stop)
    return stop
  }

  private readSize(bytes: Buffer, at: number): number {
    const next = this.readLine(bytes, at, limits.chunkLineBytesMax)
    if (!this.line.endsWith('\n')) return next
    const match = (this.chain === undefined ? unsignedLine : signedLine).exec(this.line)
    const size = Number.parseInt(match?.[1] ?? '', 16)
    if (!Number.isSafeInteger(size)) throw terminated()
    this.line = ''
    this.chunks++
    this.signature = match?.[2] ?? ''
    if (size === 0) {
      this.chain?.verifyChunk(this.signature, emptySha256)
      this.receiver.contentEnd()
      this.state = 'trailer'
      return next
    }
    if (this.chunks > 1 && this.chunkSize < limits.chunkBytesMin) {
      // S3 names the chunk that follows the bad one.
      throw new S3Error('InvalidChunkSizeError', { Chunk: String(this.chunks), BadChunkSize: String(this.chunkSize) })
    }
    this.chunkSize = size
    this.rest = size
    this.state = 'content'
    return next
  }

  private readContent(bytes: Buffer, at: number): number {
    const stop = Math.min(bytes.length, at + this.rest)
    const content = at === 0 && stop === bytes.length ? bytes : bytes.subarray(at, stop)
    this.rest -= content.length
    if (this.hashing) this.hashContent(content)
    this.receiver.content(content)
    if (this.rest === 0) {
      this.chain?.verifyChunk(this.signature, this.digest)
      this.state = 'content-cr'
    }
    return stop
  }

  private hashContent(content: Buffer): void {
    if (content.length === this.chunkSize) {
      this.digest = hash('sha256', content, 'hex')
      return
    }
    this.running ??= createHash('sha256')
    this.running.update(content)
    if (this.rest > 0) return
    this.digest = this.running.digest('hex')
    this.running = undefined
  }

  /** Some clients end a field with LF CRLF, as one of AWS's own examples does: a line is over only at CRLF. */
  private readTrailer(bytes: Buffer, at: number): number {
    const next = this.readLine(bytes, at, limits.trailerBytesMax - this.trailerBytes)
    if (!this.line.endsWith('\r\n')) return next
    this.trailerBytes += this.line.length
    const line = this.line.trim()
    this.line = ''
    if (line === '') this.closeTrailer()
    else this.takeField(line)
    return next
  }

  private takeField(line: string): void {
    if (!this.trailerAllowed) throw invalidRequest('The request body has data behind its last chunk.')
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (colon === -1 || this.trailerSignature !== undefined) throw new S3Error('MalformedTrailerError')
    if (name === 'x-amz-trailer-signature' && this.chain !== undefined) {
      this.trailerSignature = value
    } else if (name === this.trailerName && this.trailerValue === undefined) {
      this.trailerValue = value
      this.trailerText = `${name}:${value}\n`
    } else {
      throw new S3Error('MalformedTrailerError')
    }
  }

  private closeTrailer(): void {
    if (this.chain !== undefined && this.trailerAllowed) {
      if (this.trailerSignature === undefined) throw new S3Error('SignatureDoesNotMatch')
      this.chain.verifyTrailer(this.trailerSignature, hash('sha256', this.trailerText, 'hex'))
    }
    if (this.trailerName !== undefined && this.trailerValue === undefined) throw new S3Error('MalformedTrailerError')
    this.state = 'over'
  }
}

interface ContentReceiver {
  content(bytes: Buffer): void
  /** The last chunk's size line has come: no content follows. */
  contentEnd(): void
}

const unsignedLine = /^([0-9a-f]{1,16})[ \t]*\r\n$/i
const signedLine = /^([0-9a-f]{1,16})[ \t]*;[ \t]*chunk-signature[ \t]*=[ \t]*([^\s;]+)[ \t]*\r\n$/i
const emptySha256 = createHash('sha256').digest('hex')

function terminated(): S3Error {
  return new S3Error('IncompleteBody', {}, { message: 'The request body terminated unexpectedly' })
}
