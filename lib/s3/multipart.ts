import { createHash } from 'node:crypto'
import type { Head } from '../kit/head'
import { limits } from '../limits'
import type { ListedPart } from './complete-request'
import { algorithmNamed } from './checksum'
import { S3Error } from './error'
import type { Query } from './query'
import { invalidArgument, invalidRequest } from './refusal'

/** What the rules of multipart uploads need to know of a part that was uploaded. A `Part` of the PFS contract is one by structure. */
export interface UploadedPart {
  readonly number: number
  readonly size: number
  /** Raw. */
  readonly md5: Buffer
  /** Raw, by algorithm. */
  readonly checksums: Readonly<Record<string, Buffer>>
}

/** `uploadId`; the route has seen that it is there. */
export function uploadIdOf(query: Query): string {
  return query.get('uploadId') ?? ''
}

/** A part's entity tag, with quotes. */
export function partEtag(part: UploadedPart): string {
  return `"${part.md5.toString('hex')}"`
}

/**
 * The uploaded parts that a request lists, in its order. InvalidPart where one was not uploaded, or not with this tag and
 * these checksums; EntityTooSmall for one below 5 MiB that is not the last; EntityTooLarge.
 */
export function chooseParts<Part extends UploadedPart>(listed: readonly ListedPart[], uploaded: ReadonlyMap<number, Part>): Part[] {
  const parts = listed.map((each) => {
    const part = uploaded.get(each.number)
    if (part === undefined || !matches(each, part)) {
      throw new S3Error('InvalidPart', { PartNumber: String(each.number), ETag: each.etag })
    }
    return part
  })
  for (const part of parts.slice(0, -1)) if (part.size < limits.partBytesMin) throw tooSmall(part)
  const size = sizeOf(parts)
  if (size > limits.objectBytesMax) {
    throw new S3Error('EntityTooLarge', { ProposedSize: String(size), MaxSizeAllowed: String(limits.objectBytesMax) })
  }
  return parts
}

function matches(listed: ListedPart, part: UploadedPart): boolean {
  if (listed.etag.toLowerCase() !== part.md5.toString('hex')) return false
  return Object.entries(listed.checksums).every(([algorithm, value]) => part.checksums[algorithm]?.toString('base64') === value)
}

function tooSmall(part: UploadedPart): S3Error {
  return new S3Error('EntityTooSmall', {
    ProposedSize: String(part.size), MinSizeAllowed: String(limits.partBytesMin), PartNumber: String(part.number),
    ETag: part.md5.toString('hex'),
  })
}

export function sizeOf(parts: readonly UploadedPart[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0)
}

/** `x-amz-mp-object-size`: what the client believes that it has uploaded. */
export function checkObjectSize(head: Head, size: number): void {
  const text = head.get('x-amz-mp-object-size')
  if (text === undefined || (/^\d{1,16}$/.test(text) && Number(text) === size)) return
  throw invalidRequest(`The provided 'x-amz-mp-object-size' header value ${text} does not match what was computed: ${size}`)
}

/**
 * Tells one CompleteMultipartUpload from another: by its parts and conditions. The same again, as a client sends it that got
 * no answer, is answered as the first was.
 */
export function completionDigest(head: Head, listed: readonly ListedPart[]): string {
  const hash = createHash('sha256')
  for (const name of ['if-match', 'if-none-match']) hash.update(`${name}:${head.all(name).join(',')}\n`)
  for (const { number, etag } of listed) hash.update(`${number}:${etag.toLowerCase()}\n`)
  return hash.digest('hex')
}

/** The one algorithm whose checksum a listing shows of a part. */
export function shownChecksum(part: UploadedPart): readonly [name: string, text: string] | undefined {
  for (const [name, digest] of Object.entries(part.checksums)) {
    const algorithm = algorithmNamed(name)
    if (algorithm !== undefined) return [`Checksum${algorithm}`, digest.toString('base64')]
  }
  return undefined
}

/** Bytes `[offset, offset + length)` of a source that UploadPartCopy is to copy. InvalidArgument, InvalidRequest. */
export function copySourceRange(head: Head, size: number): { readonly offset: number, readonly length: number } {
  const text = head.get('x-amz-copy-source-range')
  if (text === undefined) return bounded(0, size)
  const match = /^bytes=(\d{1,16})-(\d{1,16})$/.exec(text)
  const first = Number(match?.[1] ?? NaN)
  const last = Number(match?.[2] ?? NaN)
  if (!(first <= last)) {
    throw invalidArgument('x-amz-copy-source-range', text, 'The x-amz-copy-source-range value must be of the form bytes=first-last ' +
      'where first and last are the zero-based offsets of the first and last bytes to copy')
  }
  if (last < size) return bounded(first, last - first + 1)
  if (first >= size) throw invalidRequest('The specified copy range is invalid for the source object size')
  throw invalidArgument('x-amz-copy-source-range', text, `Range specified is not valid for source object of size: ${size}`)
}

function bounded(offset: number, length: number): { readonly offset: number, readonly length: number } {
  if (length <= limits.uploadBytesMax) return { offset, length }
  throw invalidRequest(`The specified copy source is larger than the maximum allowable size for a copy source: ${limits.uploadBytesMax}`)
}
