import { randomBytes } from 'node:crypto'

/**
 * Where the records of uploads are, in the branch `s3-uploads` of a repo's companion. The names are a storage format:
 *
 * | path                    | record |
 * | ---                     | --- |
 * | `u/<branch>/<key>/<id>` | an upload that was begun, in the order of branch, key, id |
 * | `p/<id>/<number>`       | one of its parts, in the order of their numbers |
 * | `t/<id>`                | what became of it, for a day after it was completed |
 *
 * Keys are spelled in letters, two a byte: one of A–P for the high half, one of a–p for the low half. So any key makes a path
 * that any server takes; byte order is kept; a key sorts before those that it begins; and because no spelling of a byte
 * begins with a small letter, one key's spelling is found within another's only where the bytes themselves are.
 */
export function spell(key: string): string {
  const bytes = Buffer.from(key)
  const letters = Buffer.allocUnsafe(bytes.length * 2)
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    letters[2 * i] = 0x41 + (byte >> 4)
    letters[2 * i + 1] = 0x61 + (byte & 15)
  }
  return letters.toString('latin1')
}

export function unspell(letters: string): string {
  const bytes = Buffer.allocUnsafe(letters.length >> 1)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (letters.charCodeAt(2 * i) - 0x41) * 16 + letters.charCodeAt(2 * i + 1) - 0x61
  }
  return bytes.toString()
}

const idForm = /^[0-9a-f]{44}$/

/** Nobody can guess the last 128 bits; the 48 before them are the time in ms, so that ids sort by when they were made. */
export function newUploadId(now: number): string {
  return now.toString(16).padStart(12, '0') + randomBytes(16).toString('hex')
}

export function isUploadId(text: string): boolean {
  return idForm.test(text)
}

/** When an upload was begun, ms since 1970, by its id. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16)
}

/** All uploads of a branch whose keys start with `prefix`. */
export function uploadsPath(branch: string, prefix: string): string {
  return `u/${branch}/${spell(prefix)}`
}

/** All uploads of exactly this key. */
export function uploadsOfKeyPath(branch: string, key: string): string {
  return `${uploadsPath(branch, key)}/`
}

export function uploadPath(branch: string, key: string, id: string): string {
  return `${uploadsPath(branch, key)}/${id}`
}

/** What an upload's path, or the part of it that a listing has cut off, says; `id` is '' where it was cut off. */
export function parseUploadPath(path: string): { readonly branch: string, readonly key: string, readonly id: string } {
  const [, branch = '', letters = '', id = ''] = path.split('/')
  return { branch, key: unspell(letters), id }
}

/** All parts of an upload. */
export function partsPath(id: string): string {
  return `p/${id}/`
}

export function partPath(id: string, number: number): string {
  return partsPath(id) + String(number).padStart(5, '0')
}

export function tombstonePath(id: string): string {
  return `t/${id}`
}
