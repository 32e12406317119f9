/**
 * The one place that undoes percent-encoding, exactly once. A name that were decoded twice, or decoded in one place and not
 * in another, would be two objects: one that is authorised and one that is touched.
 */

/**
 * Decodes to valid UTF-8, or answers undefined: a broken escape, bytes that are not UTF-8 (overlong forms and surrogates
 * included). `raw` has one character a byte, as HTTP heads have; bytes beyond ASCII that came unencoded count as they are.
 */
export function percentDecode(raw: string): string | undefined {
  if (!needsDecoding.test(raw)) return raw
  try {
    return decodeURIComponent(raw.replace(beyondAscii, (byte) => `%${byte.charCodeAt(0).toString(16)}`))
  } catch {
    return undefined
  }
}

const needsDecoding = /[%\x80-\xff]/
const beyondAscii = /[\x80-\xff]/g

/**
 * Encodes as S3 does for `encoding-type=url`: `/` stays, a blank is %20 (and never `+`, which clients that merely undo
 * percent-encoding would keep).
 */
export function percentEncode(text: string): string {
  if (!needsEncoding.test(text)) return text
  return encodeURIComponent(text)
    .replace(/[!'()]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
    .replaceAll('%2F', '/')
}

const needsEncoding = /[^A-Za-z0-9\-_.~*/]/
