import type { ChainSeed, PayloadProof } from '../auth/grant'
import type { Head } from '../kit/head'
import { limits } from '../limits'
import { announcedChecksum, isChecksumHeader, refuseUnknownChecksum, type AnnouncedChecksum } from '../s3/checksum'
import { S3Error } from '../s3/error'
import { invalidRequest } from '../s3/refusal'

/** What an operation's row says of its body. */
export type BodyKind =
  | { readonly kind: 'none' }
  /**
   * Collected and verified before `run`. `checksumOfObject`: the request's `x-amz-checksum-*` fields speak of the object that
   * it makes and not of this document, as those of CompleteMultipartUpload do.
   */
  | { readonly kind: 'xml', readonly bytesMax: number, readonly checksumOfObject?: boolean }
  | { readonly kind: 'stream' }

/** Which checks a request's body owes, all read from the head. */
export interface Plan {
  readonly framing: Framing
  /** Bytes of the content (decoded, for aws-chunked) where the head says it; never more than `lengthMax`. */
  readonly length: number | undefined
  readonly lengthMax: number
  readonly excess: 'EntityTooLarge' | 'MaxMessageLengthExceeded'
  /** Lower-case hex. */
  readonly sha256: string | undefined
  /** Present where it is wanted for an ETag, or to be held to Content-MD5. */
  readonly md5: { readonly expected: Buffer | undefined } | undefined
  readonly checksum: AnnouncedChecksum | undefined
}

export type Framing =
  | { readonly kind: 'plain' }
  | {
    readonly kind: 'aws-chunked'
    /** Absent: the chunks carry no signatures. */
    readonly chain: ChainSeed | undefined
    /** A trailer may follow the last chunk. A signed one always ends with its signature. */
    readonly trailer: boolean
    /** The one field that `x-amz-trailer` announced, in lower case. */
    readonly trailerName: string | undefined
  }

const plain: Framing = { kind: 'plain' }
const none: Plan = {
  framing: plain, length: 0, lengthMax: 0, excess: 'MaxMessageLengthExceeded', sha256: undefined, md5: undefined, checksum: undefined,
}

/**
 * Plans the checks of a body and refuses, with S3's code and text, every head whose promises about it are ill-formed, at odds
 * with each other or too large. No checksum is computed unasked: S3 adds a CRC64NVME, which costs 0.6 s of CPU a GiB for a
 * value that no client needs in order to read the object.
 */
export function planBody(head: Head, payload: PayloadProof, kind: BodyKind): Plan {
  const streaming = payload.kind === 'chunks' || payload.kind === 'unsigned-trailer' ||
    (head.get('x-amz-content-sha256')?.startsWith('STREAMING-') ?? false)
  if (streaming && kind.kind !== 'stream') throw invalidRequest('The value of x-amz-content-sha256 header is invalid.')
  if (kind.kind === 'none') return none
  const framing = framingOf(head, payload, streaming)
  const expected = contentMd5(head)
  const checksum = kind.kind === 'xml' && kind.checksumOfObject === true ? undefined : checksumOf(head, framing)
  const [lengthMax, excess] = kind.kind === 'xml'
    ? [kind.bytesMax, 'MaxMessageLengthExceeded'] as const
    : [limits.uploadBytesMax, 'EntityTooLarge'] as const
  const wire = wireLength(head, kind)
  const length = framing.kind === 'plain' ? wire : decodedLength(head)
  refuseExcess(length ?? 0, lengthMax, excess)
  refuseExcess(wire ?? 0, framing.kind === 'plain' ? lengthMax : lengthMax * (1 + limits.framingShareMax) + limits.trailerBytesMax, excess)
  return {
    framing,
    length,
    lengthMax,
    excess,
    sha256: framing.kind === 'plain' ? promisedSha256(head, payload) : undefined,
    md5: kind.kind === 'stream' || expected !== undefined ? { expected } : undefined,
    checksum,
  }
}

/**
 * A body whose head or presigned query says STREAMING is never taken as plain, whoever sent it: its framing would be stored as
 * content.
 */
function framingOf(head: Head, payload: PayloadProof, streaming: boolean): Framing {
  if (!streaming) return plain
  const trailerName = announcedTrailer(head)
  if (payload.kind === 'chunks') return { kind: 'aws-chunked', chain: payload.chain, trailer: payload.trailer, trailerName }
  if (payload.kind === 'unsigned-trailer' || head.get('x-amz-content-sha256') === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    return { kind: 'aws-chunked', chain: undefined, trailer: true, trailerName }
  }
  throw invalidRequest('Anonymous requests don\'t support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or ' +
    'STREAMING-UNSIGNED-PAYLOAD-TRAILER.')
}

/** S3 takes commas at the end of the list, and no empty name elsewhere. */
function announcedTrailer(head: Head): string | undefined {
  const names = head.all('x-amz-trailer').join(',').trim().replace(/,+$/, '').split(',').map((name) => name.trim().toLowerCase())
  if (names.length === 1 && names[0] === '') return undefined
  for (const name of names) {
    if (!isChecksumHeader(name)) throw invalidRequest('The value specified in the x-amz-trailer header is not supported')
  }
  if (names.length > 1) throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  return names[0]
}

function checksumOf(head: Head, framing: Framing): AnnouncedChecksum | undefined {
  const checksum = announcedChecksum(head)
  refuseUnknownChecksum(head)
  const trailerFits = framing.kind === 'aws-chunked' && framing.trailer
  if (head.has('x-amz-trailer') && !trailerFits) throw new S3Error('MalformedTrailerError')
  return checksum
}

function contentMd5(head: Head): Buffer | undefined {
  const value = head.get('content-md5')
  if (value === undefined) return undefined
  const digest = Buffer.from(value, 'base64')
  if (digest.length !== 16 || digest.toString('base64') !== value) throw new S3Error('InvalidDigest', { 'Content-MD5': value })
  return digest
}

/** A payload hash binds whether the request was signed or not: it is the client's own word about its body. */
function promisedSha256(head: Head, payload: PayloadProof): string | undefined {
  if (payload.kind === 'sha256') return payload.hex
  const value = head.get('x-amz-content-sha256')
  return value !== undefined && /^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined
}

/** Bytes of the body as HTTP carries it; undefined where it comes in HTTP chunks. */
function wireLength(head: Head, kind: BodyKind): number | undefined {
  const value = head.get('content-length')
  if (head.has('transfer-encoding')) {
    if (value !== undefined) throw invalidRequest('Content-Length and Transfer-Encoding must not be sent together.')
    return undefined
  }
  if (value === undefined) {
    if (kind.kind === 'stream') throw new S3Error('MissingContentLength')
    return 0
  }
  if (!/^\d+$/.test(value)) throw invalidRequest('The Content-Length header is invalid.')
  return Number(value)
}

/** S3 refuses a missing one too, but unseekable bodies of botocore come without. */
function decodedLength(head: Head): number | undefined {
  const value = head.get('x-amz-decoded-content-length')
  if (value === undefined) return undefined
  if (!/^\d+$/.test(value)) throw new S3Error('MissingContentLength')
  return Number(value)
}

function refuseExcess(length: number, lengthMax: number, excess: Plan['excess']): void {
  if (length <= lengthMax) return
  if (excess === 'MaxMessageLengthExceeded') throw new S3Error(excess, { MaxMessageLengthBytes: String(lengthMax) })
  throw new S3Error(excess, { ProposedSize: String(length), MaxSizeAllowed: String(limits.uploadBytesMax) })
}
