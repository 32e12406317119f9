/**
 * Keys of the tables as binary strings. Names are cut off by NUL, which no name holds; ids are 48 bits, big-endian. In the
 * `names` database the first character tells the kinds of rows apart.
 */
export const keys = {
  state: 's',
  project: (name: string): string => `p${text(name)}`,
  projectId: (id: number): string => `P${number(id)}`,
  repo: (project: number, name: string, type: string): string => `r${number(project)}${text(name)}\0${text(type)}`,
  repoId: (id: number): string => `R${number(id)}`,
  branch: (repo: number, name: string): string => `b${number(repo)}${text(name)}`,
  commitOfId: (repo: number, id: string): string => Buffer.from(id, 'hex').toString('latin1') + number(repo),
  pair: (first: number, second: number): string => number(first) + number(second),
  fileSet: (token: string): string => text(token),
  expiry: (expires: number, token: string): string => number(expires) + text(token),
  number,
}

/** The first key behind all keys that start with `prefix`. */
export function after(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1)
  return last === 0xff ? after(prefix.slice(0, -1)) : prefix.slice(0, -1) + String.fromCharCode(last + 1)
}

/** The number in the last six characters. */
export function lastNumber(key: string): number {
  return numberAt(key, key.length - 6)
}

/** The 48-bit number that begins at a character. */
export function numberAt(key: string, at: number): number {
  let value = 0
  for (let i = at; i < at + 6; i++) value = value * 256 + key.charCodeAt(i)
  return value
}

function number(value: number): string {
  const high = Math.floor(value / 2 ** 24)
  const low = value % 2 ** 24
  return String.fromCharCode((high >>> 16) & 255, (high >>> 8) & 255, high & 255, (low >>> 16) & 255, (low >>> 8) & 255, low & 255)
}

/** UTF-8 as a binary string. Names are nearly always ASCII, which is that already. */
function text(value: string): string {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0) throw new RangeError('a name holds a NUL')
    if (code > 0x7f) return Buffer.from(value).toString('latin1')
  }
  return value
}
