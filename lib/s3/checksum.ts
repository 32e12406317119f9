import type { Head } from '../kit/head'
import type { HeaderList } from '../kit/reply'
import { S3Error } from './error'
import type { Entries } from './object-facts'
import { invalidRequest } from './refusal'

/**
 * The rules of S3's additional checksums: their names, what a request announces, what an answer shows. The sums themselves
 * are computed in the body's stages.
 */
const digestBytes = {
  CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32, SHA512: 64, MD5: 16, XXHASH3: 8, XXHASH64: 8, XXHASH128: 16,
} as const

/** S3's own names, as they stand in XML and in `x-amz-checksum-algorithm`. */
export type ChecksumAlgorithm = keyof typeof digestBytes
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

export const checksumAlgorithms: readonly ChecksumAlgorithm[] = [
  'CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512', 'MD5', 'XXHASH3', 'XXHASH64', 'XXHASH128',
]

const prefix = 'x-amz-checksum-'
const byHeader: ReadonlyMap<string, ChecksumAlgorithm> = new Map(checksumAlgorithms.map((name) => [checksumHeader(name), name]))

/** Where a body's checksum is to be found. A header has its value now, a trailer brings it behind the body. */
export type AnnouncedChecksum =
  | { readonly algorithm: ChecksumAlgorithm, readonly place: 'header', readonly digest: Buffer }
  | { readonly algorithm: ChecksumAlgorithm, readonly place: 'trailer' }

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return prefix + algorithm.toLowerCase()
}

/** A header or trailer field that carries a checksum of S3's. Name in lower case. */
export function isChecksumHeader(name: string): boolean {
  return byHeader.has(name)
}

/** Fields that are named like a checksum's and hold none. */
const notChecksums: ReadonlySet<string> = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-checksum-type'])

/** InvalidRequest for a checksum of an algorithm that S3 did not have when this was written: what is not verified is not taken. */
export function refuseUnknownChecksum(head: Head): void {
  for (const [name] of head.fields) {
    if (!name.startsWith(prefix) || isChecksumHeader(name) || notChecksums.has(name)) continue
    throw invalidRequest('The algorithm type you specified in x-amz-checksum- header is invalid.')
  }
}

/** The algorithm of that name in any case; undefined for none of ours. */
export function algorithmNamed(name: string): ChecksumAlgorithm | undefined {
  const upper = name.toUpperCase()
  return checksumAlgorithms.find((algorithm) => algorithm === upper)
}

/**
 * The one checksum that a request's head announces for its body, or undefined. Only header fields count: presigned URLs of
 * some SDKs carry the sum of an empty body in the query, which S3 ignores. InvalidRequest for two kinds, for a value that is
 * not the base64 of a digest, and for an `x-amz-sdk-checksum-algorithm` that disagrees.
 */
export function announcedChecksum(head: Head): AnnouncedChecksum | undefined {
  const inHeader = checksumInHeader(head)
  const inTrailer = checksumInTrailer(head)
  if (inHeader !== undefined && inTrailer !== undefined) throw invalidRequest('Expecting a single x-amz-checksum- header')
  const announced = inHeader ?? inTrailer
  const sdk = head.get('x-amz-sdk-checksum-algorithm')
  if (sdk === undefined) return announced
  if (announced === undefined) {
    // The SDK for JavaScript has this one sent as Content-MD5, which is checked as such.
    if (algorithmNamed(sdk) === 'MD5' && head.has('content-md5')) return undefined
    throw invalidRequest('x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers ' +
      'were found.')
  }
  if (algorithmNamed(sdk) !== announced.algorithm) throw invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.')
  return announced
}

function checksumInHeader(head: Head): AnnouncedChecksum | undefined {
  let found: AnnouncedChecksum | undefined
  for (const [name, value] of head.fields) {
    const algorithm = byHeader.get(name)
    if (algorithm === undefined) continue
    if (found !== undefined) throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
    const digest = decodeChecksum(algorithm, value)
    if (digest === undefined) throw invalidRequest(`Value for ${name} header is invalid.`)
    found = { algorithm, place: 'header', digest }
  }
  return found
}

function checksumInTrailer(head: Head): AnnouncedChecksum | undefined {
  let found: AnnouncedChecksum | undefined
  for (const field of head.all('x-amz-trailer')) {
    for (const name of field.split(',')) {
      const algorithm = byHeader.get(name.trim().toLowerCase())
      if (algorithm === undefined) continue
      if (found !== undefined) throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
      found = { algorithm, place: 'trailer' }
    }
  }
  return found
}

/** The raw digest of a base64 value of the right length, else undefined. Only the one canonical spelling is taken. */
export function decodeChecksum(algorithm: ChecksumAlgorithm, value: string): Buffer | undefined {
  const digest = Buffer.from(value, 'base64')
  return digest.length === digestBytes[algorithm] && digest.toString('base64') === value ? digest : undefined
}

export function checksumMismatch(algorithm: ChecksumAlgorithm): S3Error {
  return new S3Error('BadDigest', {}, { message: `The ${algorithm} you specified did not match the calculated checksum.` })
}

/** `x-amz-checksum-algorithm`, with which CreateMultipartUpload and CopyObject say which checksum they want; undefined for none. */
export function requestedAlgorithm(head: Head): ChecksumAlgorithm | undefined {
  const name = head.get('x-amz-checksum-algorithm')
  if (name === undefined) return undefined
  const algorithm = algorithmNamed(name)
  if (algorithm !== undefined) return algorithm
  const valid = checksumAlgorithms.join(', ')
  throw invalidRequest(`Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${valid}]`)
}

/**
 * What the checksum of an upload in parts will be: of the whole content, or the digest of its parts' digests. S3 has no
 * composite CRC64NVME, and of all sums only a CRC of the whole can be put together from those of parts.
 */
export function requestedType(head: Head, algorithm: ChecksumAlgorithm | undefined): ChecksumType | undefined {
  const name = head.get('x-amz-checksum-type')?.toUpperCase()
  if (algorithm === undefined) {
    if (name === undefined) return undefined
    throw invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.')
  }
  if (name === undefined) return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'
  if (name !== 'FULL_OBJECT' && name !== 'COMPOSITE') throw invalidRequest('Value for x-amz-checksum-type header is invalid.')
  const impossible = name === 'COMPOSITE' ? algorithm === 'CRC64NVME' : !isCrc(algorithm)
  if (impossible) throw invalidRequest(`The ${name} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`)
  return name
}

/** The sums of a whole that follow from those of its parts. */
export function isCrc(algorithm: ChecksumAlgorithm): algorithm is 'CRC32' | 'CRC32C' | 'CRC64NVME' {
  return algorithm.startsWith('CRC')
}

/** A checksum as clients see it: base64, and behind it `-N` where it is the digest of N parts' digests. */
export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly value: string
  readonly type: ChecksumType
}

/** Attribute entry that holds a checksum; see s3/metadata for the table of names. */
export function checksumEntry(algorithm: ChecksumAlgorithm, digest: Buffer, parts?: number): readonly [name: string, value: string] {
  const base64 = digest.toString('base64')
  return [entryNames[algorithm], parts === undefined ? base64 : `${base64}-${parts}`]
}

/** The checksum on record, or undefined. */
export function storedChecksum(entries: Entries | undefined): StoredChecksum | undefined {
  if (entries === undefined) return undefined
  // Of few entries and many algorithms: a page of a listing asks this of a thousand objects.
  for (const name of Object.keys(entries)) {
    const algorithm = byEntryName.get(name)
    const value = entries[name]
    if (algorithm === undefined || value === undefined) continue
    const dash = value.indexOf('-')
    const base64 = dash === -1 ? value : value.slice(0, dash)
    // Another writer's entry may hold anything; what is not a checksum is not shown as one.
    if (decodeChecksum(algorithm, base64) === undefined || !/^(-[1-9]\d{0,4})?$/.test(value.slice(base64.length))) continue
    return { algorithm, value, type: dash === -1 ? 'FULL_OBJECT' : 'COMPOSITE' }
  }
  return undefined
}

/** Response headers that show a checksum. On reads they go out only if `checksumsWanted`, and never with part of the content. */
export function checksumHeaders(checksum: StoredChecksum | undefined): HeaderList {
  if (checksum === undefined) return []
  return [[checksumHeader(checksum.algorithm), checksum.value], ['x-amz-checksum-type', checksum.type]]
}

/** Children of an XML answer that show a checksum, such as `ChecksumCRC32`. */
export function checksumElements(checksum: StoredChecksum | undefined): ReadonlyArray<readonly [name: string, text: string]> {
  if (checksum === undefined) return []
  return [[`Checksum${checksum.algorithm}`, checksum.value], ['ChecksumType', checksum.type]]
}

/** `x-amz-checksum-mode: ENABLED`; some SDKs write it in lower case. */
export function checksumsWanted(head: Head): boolean {
  return head.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
}

/** Names of the attribute entries that hold them. `d:md5` is taken: every object has that one, in hex, for its entity tag. */
const entryNames: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: 'd:crc32', CRC32C: 'd:crc32c', CRC64NVME: 'd:crc64nvme', SHA1: 'd:sha1', SHA256: 'd:sha256', SHA512: 'd:sha512',
  MD5: 'd:md5-sum', XXHASH3: 'd:xxhash3', XXHASH64: 'd:xxhash64', XXHASH128: 'd:xxhash128',
}
const byEntryName: ReadonlyMap<string, ChecksumAlgorithm> = new Map(checksumAlgorithms.map((name) => [entryNames[name], name]))
