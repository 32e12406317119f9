import { S3Error } from './error'
import { percentDecode } from './percent'

/** A parsed query string. Signatures are checked against the raw one, in auth, never against this. */
export interface Query {
  /** Decoded value of the first parameter of that name; undefined where it is absent, '' where it is bare. */
  get(name: string): string | undefined
  has(name: string): boolean
  /** Decoded pairs in order of arrival. */
  readonly pairs: ReadonlyArray<readonly [name: string, value: string]>
}

/**
 * Parses the part of a request target behind `?`. Names and values are decoded once; `+` is a blank, as in S3 (clients send
 * a plus as %2B). `?acl` and `?acl=` are the same. InvalidURI where an escape is broken or the bytes are not UTF-8.
 */
export function parseQuery(raw: string): Query {
  if (raw === '') return empty
  const pairs: [string, string][] = []
  for (const piece of raw.split('&')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = decode(equals === -1 ? piece : piece.slice(0, equals))
    const value = equals === -1 ? '' : decode(piece.slice(equals + 1))
    pairs.push([name, value])
  }
  return new Pairs(pairs)
}

function decode(raw: string): string {
  const text = percentDecode(raw.includes('+') ? raw.replaceAll('+', ' ') : raw)
  if (text === undefined) throw new S3Error('InvalidURI')
  return text
}

/** Look-ups walk the pairs: a request has a handful, and a map of them would cost more than it saves. */
class Pairs implements Query {
  readonly pairs: ReadonlyArray<readonly [string, string]>

  constructor(pairs: ReadonlyArray<readonly [string, string]>) {
    this.pairs = pairs
  }

  get(name: string): string | undefined {
    for (const pair of this.pairs) if (pair[0] === name) return pair[1]
    return undefined
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }
}

const empty: Query = new Pairs([])
