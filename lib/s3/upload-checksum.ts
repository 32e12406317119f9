import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { crc32c } from '@node-rs/crc32'
import type { Head } from '../kit/head'
import {
  announcedChecksum, checksumAlgorithms, checksumEntry, checksumHeader, checksumMismatch, decodeChecksum, isCrc, refuseUnknownChecksum,
  requestedAlgorithm, requestedType, type ChecksumAlgorithm, type ChecksumType,
} from './checksum'
import { CrcCombination } from './crc-combine'
import type { Entries } from './object-facts'
import { invalidRequest } from './refusal'
import { isWasmAlgorithm, WasmSum } from './wasm-sum'

/**
 * The checksum of an object that is put together from parts. FULL_OBJECT is that of the whole content: a CRC's follows from
 * the CRCs of the parts and their sizes, so nothing is read again. COMPOSITE is the digest of the parts' digests.
 *
 * What was announced when the upload began stands among the upload's entries, under names that no object keeps:
 *
 * | name    | value |
 * | ---     | --- |
 * | `u:sum` | name of the algorithm |
 * | `u:of`  | FULL_OBJECT or COMPOSITE |
 */
interface AnnouncedUploadChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly type: ChecksumType
}

/** What CreateMultipartUpload announces, as entries. */
export function uploadChecksumEntries(head: Head): Record<string, string> {
  const algorithm = requestedAlgorithm(head)
  const type = requestedType(head, algorithm)
  return algorithm === undefined || type === undefined ? {} : { 'u:sum': algorithm, 'u:of': type }
}

export function announcedUploadChecksum(entries: Entries): AnnouncedUploadChecksum | undefined {
  const algorithm = checksumAlgorithms.find((name) => name === entries['u:sum'])
  if (algorithm === undefined) return undefined
  return { algorithm, type: entries['u:of'] === 'FULL_OBJECT' ? 'FULL_OBJECT' : 'COMPOSITE' }
}

/**
 * The algorithm of its upload, where a part's head brings no checksum. InvalidRequest where it brings one of another: the object
 * could not have the checksum that was announced.
 */
export function missingAlgorithm(head: Head, announced: AnnouncedUploadChecksum | undefined): ChecksumAlgorithm | undefined {
  const brought = announcedChecksum(head)?.algorithm
  if (announced === undefined || brought === announced.algorithm) return undefined
  if (brought === undefined) return announced.algorithm
  throw invalidRequest('Checksum Type mismatch occurred, ' +
    `expected checksum Type: ${announced.algorithm.toLowerCase()}, actual checksum Type: ${brought.toLowerCase()}`)
}

/** The entries that an object gets from its upload. */
export function objectEntries(entries: Entries): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !name.startsWith('u:')))
}

interface PartDigests {
  readonly size: number
  /** Raw, by algorithm. */
  readonly checksums: Readonly<Record<string, Buffer>>
}

interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly type: ChecksumType
  /** Of each part, raw. */
  readonly digests: readonly Buffer[]
  readonly entry: readonly [name: string, value: string]
}

/**
 * The checksum that the object is to have: of the algorithm that the request's head names, else of the announced one, else
 * of any that all parts have; undefined where some part has none. The head's own value is held to it: BadDigest, or
 * InvalidRequest where it cannot be, since the parts were sent without.
 */
export async function uploadChecksum(
  head: Head, announced: AnnouncedUploadChecksum | undefined, parts: readonly PartDigests[],
): Promise<UploadChecksum | undefined> {
  const expected = checksumOfObject(head)
  const algorithm = expected?.algorithm ?? announced?.algorithm ?? commonAlgorithm(parts)
  if (algorithm === undefined) return undefined
  const type = checksumType(head, algorithm, announced)
  const digests = parts.map((part) => part.checksums[algorithm])
  if (!digests.every((digest) => digest !== undefined)) {
    if (expected === undefined) return undefined
    throw invalidRequest(`The parts of this upload were sent without ${algorithm} checksums, so the one of the object cannot be verified.`)
  }
  const entry = type === 'COMPOSITE'
    ? checksumEntry(algorithm, await digestOf(algorithm, Buffer.concat(digests)), digests.length)
    : checksumEntry(algorithm, wholeDigest(algorithm, digests, parts))
  const [, value] = entry
  // SDKs disagree on whether the number of parts belongs to a composite value, so the head may leave it out.
  if (expected !== undefined && value !== expected.value && value.replace(/-.*/, '') !== expected.value) throw checksumMismatch(algorithm)
  return { algorithm, type, digests, entry }
}

/** `x-amz-checksum-<algorithm>` of CompleteMultipartUpload: a digest, with `-N` behind it or not. */
function checksumOfObject(head: Head): { readonly algorithm: ChecksumAlgorithm, readonly value: string } | undefined {
  refuseUnknownChecksum(head)
  let found: { readonly algorithm: ChecksumAlgorithm, readonly value: string } | undefined
  for (const algorithm of checksumAlgorithms) {
    const value = head.get(checksumHeader(algorithm))
    if (value === undefined) continue
    if (found !== undefined) throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
    if (decodeChecksum(algorithm, value.replace(/-[1-9]\d{0,4}$/, '')) === undefined) {
      throw invalidRequest(`Value for ${checksumHeader(algorithm)} header is invalid.`)
    }
    found = { algorithm, value }
  }
  return found
}

function checksumType(head: Head, algorithm: ChecksumAlgorithm, announced: AnnouncedUploadChecksum | undefined): ChecksumType {
  const asked = head.get('x-amz-checksum-type')?.toUpperCase()
  const possible = isCrc(algorithm) ? 'FULL_OBJECT' : 'COMPOSITE'
  const type = announced?.algorithm === algorithm ? announced.type : asked === 'COMPOSITE' && algorithm !== 'CRC64NVME' ? asked : possible
  if (asked === undefined || asked === type) return type
  if (announced === undefined) throw invalidRequest('Value for x-amz-checksum-type header is invalid.')
  throw invalidRequest(`The upload was created using the ${announced.type} checksum mode. The complete request must use the same ` +
    'checksum mode.')
}

function commonAlgorithm(parts: readonly PartDigests[]): ChecksumAlgorithm | undefined {
  return checksumAlgorithms.find((algorithm) => parts.every((part) => part.checksums[algorithm] !== undefined))
}

function wholeDigest(algorithm: ChecksumAlgorithm, digests: readonly Buffer[], parts: readonly PartDigests[]): Buffer {
  if (!isCrc(algorithm)) throw new Error(`${algorithm} of a whole cannot be had from its parts`)
  const crc = new CrcCombination(algorithm)
  for (const [index, digest] of digests.entries()) crc.push(digest, parts[index]?.size ?? 0)
  return crc.digest()
}

async function digestOf(algorithm: ChecksumAlgorithm, bytes: Buffer): Promise<Buffer> {
  const sum = await runningChecksum(algorithm)
  sum.push(bytes)
  return sum.digest()
}

/** Sums bytes as they pass. */
interface RunningChecksum {
  push(bytes: Buffer): void
  /** Called once. */
  digest(): Buffer
}

/** A promise, for some have code to load first. */
export async function runningChecksum(algorithm: ChecksumAlgorithm): Promise<RunningChecksum> {
  if (isWasmAlgorithm(algorithm)) {
    await WasmSum.loading(algorithm)
    return new WasmSum(algorithm)
  }
  if (!isCrc(algorithm)) {
    const hash = createHash(algorithm.toLowerCase())
    return { push: (bytes) => { hash.update(bytes) }, digest: () => hash.digest() }
  }
  const step = algorithm === 'CRC32' ? crc32 : crc32c
  let value = 0
  return {
    push: (bytes) => { value = step(bytes, value) },
    digest: () => {
      const digest = Buffer.alloc(4)
      digest.writeUInt32BE(value)
      return digest
    },
  }
}
