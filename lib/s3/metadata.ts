import { lookup } from 'mime-types'
import type { Head } from '../kit/head'
import type { HeaderList } from '../kit/reply'
import { limits } from '../limits'
import { decodeText, encodeText } from './encoded-word'
import { S3Error } from './error'
import type { Entries } from './object-facts'

/**
 * What is on record about an object, between request headers, attribute entries and response headers.
 *
 * The names of the entries are a storage format. They never change their meaning:
 *
 * | name        | value |
 * | ---         | --- |
 * | `t`         | Content-Type, as sent; like the five below and `wr` one character a byte (Latin-1) |
 * | `cc`        | Cache-Control |
 * | `cd`        | Content-Disposition |
 * | `ce`        | Content-Encoding, without `aws-chunked` |
 * | `cl`        | Content-Language |
 * | `ex`        | Expires, as sent |
 * | `wr`        | x-amz-website-redirect-location |
 * | `m:<name>`  | x-amz-meta-<name>, name in lower case, value as text |
 * | `d:md5`     | MD5 of the content, 32 hex digits, of an object that was written whole (s3/etag) |
 * | `d:etag`    | entity tag `<32 hex>-<N>` of an object put together from N parts (s3/etag) |
 * | `u`         | the multipart upload that made the object (pfs/uploads/completions) |
 * | `d:<sum>`   | crc32, crc32c, crc64nvme, sha1, sha256, sha512, md5-sum, xxhash3, xxhash64 or xxhash128: base64, behind it `-<N>` |
 * |             | where it is of N parts (s3/checksum) |
 *
 * Everything under `d:` is a digest and describes exactly these bytes: whoever changes them must drop it.
 */
const systemFields: ReadonlyArray<readonly [entry: string, header: string, field: string]> = [
  ['t', 'Content-Type', 'content-type'],
  ['cc', 'Cache-Control', 'cache-control'],
  ['cd', 'Content-Disposition', 'content-disposition'],
  ['ce', 'Content-Encoding', 'content-encoding'],
  ['cl', 'Content-Language', 'content-language'],
  ['ex', 'Expires', 'expires'],
  ['wr', 'x-amz-website-redirect-location', 'x-amz-website-redirect-location'],
]

const userPrefix = 'x-amz-meta-'

/** Entries for the headers of a write. MetadataTooLarge, InvalidRedirectLocation. */
export function metadataOf(head: Head): Record<string, string> {
  const entries: Record<string, string> = {}
  for (const [entry, , field] of systemFields) {
    if (!head.has(field)) continue
    const sent = head.all(field).join(', ')
    const value = entry === 'ce' ? withoutAwsChunked(sent) : sent
    if (value !== '') entries[entry] = value
  }
  checkRedirect(entries['wr'])
  checkSystemMetadata(entries)
  addUserMetadata(head, entries)
  return entries
}

/** S3 counts the bytes of names and values. */
function checkSystemMetadata(entries: Entries): void {
  let bytes = 0
  for (const [entry, header] of systemFields) bytes += entries[entry] === undefined ? 0 : header.length + entries[entry].length
  if (bytes > limits.systemMetadataBytesMax) throw tooLarge(bytes, limits.systemMetadataBytesMax)
}

function tooLarge(bytes: number, bytesMax: number): S3Error {
  return new S3Error('MetadataTooLarge', { Size: String(bytes), MaxSizeAllowed: String(bytesMax) })
}

function checkRedirect(location: string | undefined): void {
  if (location !== undefined && !/^(?:\/|https?:\/\/)/.test(location)) throw new S3Error('InvalidRedirectLocation')
}

/** `aws-chunked` is how the body travels, not what it is. */
function withoutAwsChunked(value: string): string {
  const codings = value.split(',').map((coding) => coding.trim())
  const kept = codings.filter((coding) => coding.toLowerCase() !== 'aws-chunked')
  return kept.length === codings.length ? value : kept.join(',')
}

/** A name that comes twice has its values joined, as S3 does. S3 counts the bytes of names and values as UTF-8. */
function addUserMetadata(head: Head, entries: Record<string, string>): void {
  let bytes = 0
  for (const [field, value] of head.fields) {
    if (!field.startsWith(userPrefix)) continue
    const name = `m:${field.slice(userPrefix.length)}`
    const text = decodeText(value)
    const earlier = entries[name]
    entries[name] = earlier === undefined ? text : `${earlier},${text}`
    bytes += Buffer.byteLength(text) + (earlier === undefined ? Buffer.byteLength(name) - 2 : 1)
  }
  if (bytes > limits.userMetadataBytesMax) throw tooLarge(bytes, limits.userMetadataBytesMax)
}

/** The response headers of a read. Another writer's entry that no header can carry is left out. */
export function metadataHeaders(entries: Entries | undefined, key: string): HeaderList {
  const headers: [string, string][] = [['Content-Type', contentType(entries, key)]]
  if (entries === undefined) return headers
  for (const [entry, header] of systemFields) {
    const value = entries[entry]
    if (entry !== 't' && value !== undefined && isFieldValue(value)) headers.push([header, value])
  }
  let missing = 0
  for (const [name, text] of Object.entries(entries)) {
    if (!name.startsWith('m:')) continue
    if (isToken(name.slice(2))) headers.push([userPrefix + name.slice(2), encodeText(text)])
    else missing++
  }
  if (missing > 0) headers.push(['x-amz-missing-meta', String(missing)])
  return headers
}

/** As given, else by the extension of the key's last segment, else S3's default. */
function contentType(entries: Entries | undefined, key: string): string {
  const given = entries?.['t']
  if (given !== undefined && isFieldValue(given)) return given
  const dot = key.lastIndexOf('.')
  return (dot > key.lastIndexOf('/') && lookup(key.slice(dot))) || 'binary/octet-stream'
}

/** The entries of a copy whose metadata is replaced: it has new metadata and the same bytes. */
export function replaceMetadata(source: Entries | undefined, replacement: Entries): Record<string, string> {
  const entries: Record<string, string> = { ...replacement }
  for (const [name, value] of Object.entries(source ?? {})) if (name.startsWith('d:')) entries[name] = value
  return entries
}

/**
 * The entries of a copy that keeps its source's metadata, or undefined where they are the same. A redirect belongs to one
 * object: it is not copied, and may be given anew.
 */
export function keepMetadata(source: Entries | undefined, head: Head): Record<string, string> | undefined {
  const redirect = head.get('x-amz-website-redirect-location')
  checkRedirect(redirect)
  if (source?.['wr'] === redirect) return undefined
  const entries: Record<string, string> = { ...source }
  delete entries['wr']
  if (redirect !== undefined) {
    entries['wr'] = redirect
    checkSystemMetadata(entries)
  }
  return entries
}

/** Whether a string, one character a byte, can stand in a header field: no line break, no other control character. */
export function isFieldValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}

function isToken(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]*$/.test(name)
}
