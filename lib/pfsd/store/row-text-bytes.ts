/**
 * What a row's texts take in memory, at most: a description or an error may be as long as a message. All else in a row and its
 * key is small.
 */
export function rowTextBytes(row: unknown): number {
  if (typeof row !== 'object' || row === null) return 0
  return bytesOf('description' in row ? row.description : '') + bytesOf('error' in row ? row.error : '')
}

function bytesOf(text: unknown): number {
  return typeof text === 'string' ? 2 * text.length : 0
}
