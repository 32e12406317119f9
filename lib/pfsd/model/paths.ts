import { Code, RpcFailure } from '../failure'
import { bounds } from './bounds'

/**
 * Which paths the server takes, in its two settings.
 *
 * `pachd`: printable ASCII without glob characters or dot segments; slashes are folded, so that `a`, `/a` and `a//` are one
 * path; a file cannot stand beside a directory of its name.
 * `s3`: a path is `/` and the rest, taken literally: all UTF-8 but NUL, never cleaned, and nothing collides.
 */
export interface PathRules {
  readonly setting: 's3' | 'pachd'
  /** The path under which an added or deleted file is kept; refuses one that cannot be. */
  written(path: string): string
  /** The path that a copy writes to: pachd cleans it and takes anything. */
  copied(path: string): string
  /** The path that a read names: cleaned, or only made absolute; `/` is the root. */
  read(path: string): string
  /** Deleting this path means the directory and all below it. */
  isDirectory(path: string): boolean
}

export function pathRules(setting: 's3' | 'pachd'): PathRules {
  return setting === 'pachd' ? pachd : s3
}

const printable = /^[ -~]+$/
// With the u flag only a surrogate without its other half is one character.
const loneSurrogate = /\p{Cs}/u
const globCharacter = /[*?[\]{}!()@+^]/

/** Room for a datum behind the path. */
const pathBytesMax = bounds.keyBytesMax - 256

const pachd: PathRules = {
  setting: 'pachd',
  written(path) {
    if (!printable.test(path)) throw refusal(path, 'only printable ASCII characters allowed')
    const glob = globCharacter.exec(path)
    if (glob !== null) throw refusal(path, `globbing character (${glob[0]}) not allowed in path`)
    if (hasDotSegment(path)) throw refusal(path, 'relative file paths are not allowed')
    return bounded(clean(path))
  },
  copied(path) {
    // Whatever else it is, a path ends where a key's datum begins.
    if (path.includes('\0')) throw refusal(path, 'NUL is not allowed')
    return bounded(clean(path))
  },
  read: clean,
  isDirectory: (path) => path.endsWith('/'),
}

const s3: PathRules = {
  setting: 's3',
  written: literalPath,
  copied: literalPath,
  read: (path) => path.startsWith('/') ? path : '/' + path,
  isDirectory: (path) => path.endsWith('/'),
}

/** A path of the `s3` setting, as it is kept: absolute, otherwise as sent. Refuses the empty one, NUL, and what no UTF-8 can say. */
function literalPath(path: string): string {
  if (path.includes('\0')) throw refusal(path, 'NUL is not allowed')
  if (loneSurrogate.test(path)) throw refusal(path, 'only UTF-8 is allowed')
  const absolute = path.startsWith('/') ? path : '/' + path
  if (absolute === '/') throw refusal(path, 'a file must have a name')
  return bounded(absolute)
}

function bounded(path: string): string {
  if (path.length * 3 > pathBytesMax && Buffer.byteLength(path) > pathBytesMax) {
    throw new RpcFailure(Code.invalidArgument, `a path is longer than ${pathBytesMax} bytes`)
  }
  return path
}

function refusal(path: string, why: string): RpcFailure {
  return new RpcFailure(Code.unknown, `path (${path}) invalid: ${why}`)
}

function hasDotSegment(path: string): boolean {
  if (!path.includes('.')) return false
  return path.split('/').some((segment) => segment === '.' || segment === '..')
}

/** Absolute, without empty or dot segments and without a trailing slash; `..` at the top goes nowhere. */
function clean(path: string): string {
  if (isClean(path)) return path
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  return '/' + kept.join('/')
}

function isClean(path: string): boolean {
  return path.startsWith('/') && !path.endsWith('/') && !path.includes('//') && !path.includes('/.')
}
