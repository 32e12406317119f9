import type { Head } from '../kit/head'

/*
 * The canonical forms that Signature Version 4 is computed over. Everything here works on the raw request, a Latin-1 string of one
 * character a byte, and never decodes a path or query further than the signature's own rules do.
 *
 * Invariants:
 * - A canonical form stands for one meaning only: two requests that name different keys or parameters never share one. So `+` in a
 *   query is a space, as S3 reads it, `+` in a path is a plus, and `//`, `.` and `..` stay as they are.
 * - Encoding is done exactly once: a percent triplet is read as the byte it stands for, every byte that is not unreserved becomes an
 *   upper-case triplet, and a stray `%` becomes `%25`.
 */

/** One query parameter, name and value canonically encoded. */
export interface Parameter { readonly name: string, readonly value: string }

const plainPath = /^[A-Za-z0-9\-._~/]*$/
const plainPart = /^[A-Za-z0-9\-._~]*$/
const triplets = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return plainPart.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/**
 * The forms of an S3 path that a signature may have been computed over, likeliest first. Clients agree on the key and not on the
 * spelling: most sign the path as they send it, some send `(` or `+` bare and sign its triplet, and some sign `/` where they sent
 * `%2F` in a key. All forms of one path name the same object.
 */
export function canonicalPaths(path: string): readonly string[] {
  if (plainPath.test(path)) return [path === '' ? '/' : path]
  const forms = new Set([path, encodePath(path)])
  const key = path.indexOf('/', 1)
  // Before the key, in the bucket's name, a slash that is encoded is not one that separates.
  if (key !== -1) forms.add(encodePath(path.slice(0, key)) + encodePath(path.slice(key)).replaceAll('%2F', '/'))
  return [...forms]
}

/** The parameters of a raw query in order of arrival; empty ones (`a&&b`) are no parameters. */
export function parseParameters(query: string): readonly Parameter[] {
  const parameters: Parameter[] = []
  if (query === '') return parameters
  for (const piece of query.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    if (equals === -1) parameters.push({ name: encodePart(piece), value: '' })
    else parameters.push({ name: encodePart(piece.slice(0, equals)), value: encodePart(piece.slice(equals + 1)) })
  }
  return parameters
}

/** The canonical query: sorted by name, then value; every name followed by `=`. */
export function canonicalQuery(parameters: readonly Parameter[]): string {
  const sorted = parameters.length < 2 ? parameters : [...parameters].sort(byNameThenValue)
  return sorted.map(({ name, value }) => `${name}=${value}`).join('&')
}

/**
 * A line `name:value` for each signed field, in the order given: repeated fields joined by a comma, blanks at the ends of a value
 * cut, blanks inside folded to one space. A field that is not there has an empty value.
 */
export function canonicalHeaders(head: Head, names: readonly string[]): string {
  let lines = ''
  for (const name of names) lines += `${name}:${head.all(name).map(fold).join(',')}\n`
  return lines
}

/** Only space and tab are blanks: the other white space of Unicode is, in Latin-1, a part of some character's UTF-8. */
function fold(value: string): string {
  return /[ \t][ \t]|\t|^ | $/.test(value) ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '') : value
}

function byNameThenValue(a: Parameter, b: Parameter): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0
}

function encodePath(path: string): string {
  return plainPath.test(path) ? path : path.split('/').map(encodeOnce).join('/')
}

function encodePart(part: string): string {
  return plainPart.test(part) ? part : encodeOnce(part.replaceAll('+', ' '))
}

function encodeOnce(text: string): string {
  let encoded = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const byte = code === 0x25 ? hexPair(text, i + 1) : -1
    if (byte !== -1) i += 2
    encoded += triplets[byte === -1 ? code : byte] ?? ''
  }
  return encoded
}

/** The byte that two hex digits stand for, or -1. */
function hexPair(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at))
  const low = hexDigit(text.charCodeAt(at + 1))
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

/** The value of a hex digit's character code; -1 for anything else, also for the NaN behind the end of a string. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
