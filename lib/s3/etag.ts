import { createHash } from 'node:crypto'
import type { ObjectFacts } from './object-facts'

/**
 * The object's entity tag in quotes, one value in every answer. 32 hex digits are the MD5 of the content and clients check
 * them; a tag with a dash tells every SDK not to. An object without an MD5 on record (written by another PFS client) shows
 * its PFS hash in that form, and one without a hash shows its version and size.
 */
export function etagOf(facts: ObjectFacts): string {
  return `"${bareEtagOf(facts)}"`
}

/** The same without quotes, as some documents have it. */
export function bareEtagOf(facts: ObjectFacts): string {
  const entries = facts.attributes?.entries
  const md5 = entries?.['d:md5']
  if (md5 !== undefined && wholeForm.test(md5)) return md5
  const multipart = entries?.['d:etag']
  if (multipart !== undefined && multipartForm.test(multipart)) return multipart
  if (facts.hash !== undefined && facts.hash.length >= 16) return `${facts.hash.toString('hex', 0, 16)}-1`
  return `${createHash('md5').update(`${facts.version} ${facts.size}`).digest('hex')}-1`
}

/** Attribute entry of an object that was written whole; `md5` is raw. */
export function md5Entry(md5: Buffer): readonly [name: string, value: string] {
  return ['d:md5', md5.toString('hex')]
}

/** Attribute entry of an object in parts, from the raw MD5 of each: S3's MD5 of MD5s, with their number. */
export function multipartEtagEntry(md5s: readonly Buffer[]): readonly [name: string, value: string] {
  const hash = createHash('md5')
  for (const md5 of md5s) hash.update(md5)
  return ['d:etag', `${hash.digest('hex')}-${md5s.length}`]
}

const wholeForm = /^[0-9a-f]{32}$/
const multipartForm = /^[0-9a-f]{32}-[1-9]\d{0,4}$/
