import { Code, RpcFailure } from '../failure'
import { limits } from '../limits'
import { GlobParser } from './glob-parser'

/**
 * pachd's globs. A pattern is anchored at both ends; `/` is crossed by `**` and by negated classes only.
 *
 *     *  any run without /        **  any run        ?  one character but /
 *     [abc] [a-z] [!a] [[:alpha:]]                   {a,b}  one of
 *     @(a|b) (a|b)  one of   *(a|b)  any number   +(a|b)  one or more   ?(a|b)  at most one   !(a|b)  anything else
 *     \c  the character c
 *
 * Patterns come from clients: none, however nested, takes more than polynomial time (glob-pieces.ts).
 */
export interface Glob {
  /** What every match starts with: the text before the first special character, backslashes kept, as pachd has it. */
  readonly prefix: string
  /** No special character: it matches only `prefix`. */
  readonly literal: boolean
  /** Every path but the root matches. */
  readonly everything: boolean
  /** `path` is absolute and has no trailing slash, except for the root. */
  matches(path: string): boolean
}

const special = /[*?[\]{}!()@+^]/

/** Takes an absolute pattern. Throws UNKNOWN where it is no glob. */
export function compileGlob(pattern: string): Glob {
  const at = pattern.search(special)
  const prefix = at < 0 ? pattern : pattern.slice(0, at)
  if (at < 0 && !pattern.includes('\\')) {
    return { prefix, literal: true, everything: false, matches: (path) => path === pattern }
  }
  if (pattern === '/**') return { prefix, literal: false, everything: true, matches: (path) => path !== '/' }
  if (pattern.length > limits.globCharactersMax) throw new RpcFailure(Code.invalidArgument, 'glob is too long')
  const node = new GlobParser(pattern).whole()
  return {
    prefix,
    literal: false,
    everything: false,
    matches: (path) => node(path, new Set([0])).has(path.length),
  }
}
