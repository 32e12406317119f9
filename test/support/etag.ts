import { createHash } from 'node:crypto'

/** MD5 in hex: what S3 calls an object of these bytes. */
export function md5Of(bytes: Buffer | string): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** The entity tag of an object of these bytes, in quotes. */
export function etagOf(bytes: Buffer | string): string {
  return `"${md5Of(bytes)}"`
}

/** That of an object put together from these parts: the MD5 of their raw MD5s, and how many they are. */
export function multipartEtagOf(parts: readonly Buffer[]): string {
  return `"${md5Of(Buffer.from(parts.map(md5Of).join(''), 'hex'))}-${parts.length}"`
}
