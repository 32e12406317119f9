import { isUtf8 } from 'node:buffer'

/**
 * User metadata is text, header fields are bytes. As S3 has it (RFC 2047): encoded words are decoded before storing, text
 * beyond ASCII is answered as an encoded word, and plain ASCII stands for itself both ways.
 *
 * Whatever is stored, what `encodeText` answers is printable ASCII: no value, not even an encoded word that hides a line
 * break, can end a header field.
 */
export function encodeText(text: string): string {
  if (plain.test(text)) return text
  const bytes = Buffer.from(text)
  return moreAscii(text) ? `=?UTF-8?Q?${quote(bytes)}?=` : `=?UTF-8?B?${bytes.toString('base64')}?=`
}

/** `value` as a Head has it, one character a byte: UTF-8 where it is, else Latin-1; with encoded words decoded. */
export function decodeText(value: string): string {
  if (plain.test(value) && !value.includes('=?')) return value
  const bytes = Buffer.from(value, 'latin1')
  const text = isUtf8(bytes) ? bytes.toString() : value
  // The blank between two encoded words only separates them: a long text has to be cut into several.
  return text.replace(gap, '$1').replace(word, (whole, charset: string, encoding: string, encoded: string) =>
    decodeWord(charset, encoding, encoded) ?? whole)
}

const plain = /^[\t\x20-\x7e]*$/
const word = /=\?([^?\s]+)\?([BbQq])\?([^?]*)\?=/g
const gap = /(=\?[^?\s]+\?[BbQq]\?[^?]*\?=)[ \t]+(?==\?[^?\s]+\?[BbQq]\?[^?]*\?=)/g

/** Undefined for what is malformed or in a character set that is not one of the three in use; it is then kept as it is. */
function decodeWord(charset: string, encoding: string, encoded: string): string | undefined {
  const bytes = encoding.toUpperCase() === 'B' ? fromBase64(encoded) : unquote(encoded)
  if (bytes === undefined) return undefined
  // RFC 2231 lets a language follow the character set, as in `utf-8*en`.
  const name = charset.replace(/\*.*$/, '').toLowerCase()
  if (name === 'iso-8859-1') return bytes.toString('latin1')
  return (name === 'utf-8' || name === 'us-ascii') && isUtf8(bytes) ? bytes.toString() : undefined
}

function fromBase64(encoded: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : undefined
}

function unquote(encoded: string): Buffer | undefined {
  if (!/^(?:=[0-9A-Fa-f]{2}|[\x20-\x3c\x3e-\x7e])*$/.test(encoded)) return undefined
  const characters = encoded.replace(/_/g, ' ').replace(/=(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(characters, 'latin1')
}

function quote(bytes: Buffer): string {
  let quoted = ''
  for (const byte of bytes) {
    if (byte === 0x20) quoted += '_'
    else if (byte > 0x20 && byte < 0x7f && byte !== 0x3d && byte !== 0x3f && byte !== 0x5f) quoted += String.fromCharCode(byte)
    else quoted += `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return quoted
}

/** Mostly ASCII reads better quoted, the rest is shorter in base64; S3 chooses the same way. */
function moreAscii(text: string): boolean {
  let ascii = 0
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x80) ascii++
  return ascii * 2 >= text.length
}
