import { Code, RpcFailure } from '../failure'
import { limits } from '../limits'
import { GlobMatch } from './glob-match'
import { GlobParser } from './glob-parser'

/**
 * pachd's globs. A pattern is anchored at both ends; `/` is crossed by `**` and by negated classes only.
 *
 *     *  any run without /        **  any run        ?  one character but /
 *     [abc] [a-z] [!a] [[:alpha:]]                   {a,b}  one of
 *     @(a|b) (a|b)  one of   *(a|b)  any number   +(a|b)  one or more   ?(a|b)  at most one   !(a|b)  anything else
 *     \c  the character c
 *
 * Patterns come from clients: none, however nested, takes more than polynomial time (glob-pieces.ts), nor more steps for one
 * path than is bearable (glob-match.ts).
 */
export interface Glob {
  /** What every match starts with: the text before the first special character, backslashes kept, as pachd has it. */
  readonly prefix: string
  /** No special character: it matches only `prefix`. */
  readonly literal: boolean
  /** Every path but the root matches. */
  readonly everything: boolean
  /** `path` is absolute and has no trailing slash, except for the root. INVALID_ARGUMENT where that takes too long to tell. */
  matches(path: string): boolean
  /** Steps that all matches so far took, see GlobMatch. */
  steps(): number
}

const special = /[*?[\]{}!()@+^]/

/** Takes an absolute pattern. Throws UNKNOWN where it is no glob. */
export function compileGlob(pattern: string): Glob {
  const at = pattern.search(special)
  const prefix = at < 0 ? pattern : pattern.slice(0, at)
  const none = (): number => 0
  if (at < 0 && !pattern.includes('\\')) {
    return { prefix, literal: true, everything: false, matches: (path) => path === pattern, steps: none }
  }
  if (pattern === '/**') return { prefix, literal: false, everything: true, matches: (path) => path !== '/', steps: none }
  if (pattern.length > limits.globCharactersMax) throw new RpcFailure(Code.invalidArgument, 'glob is too long')
  const whole = new GlobParser(pattern).whole()
  let steps = 0
  const matches = (path: string): boolean => {
    const match = new GlobMatch(path)
    try {
      return whole(match, new Set([0])).has(path.length)
    } finally {
      steps += match.steps
    }
  }
  return { prefix, literal: false, everything: false, matches, steps: () => steps }
}
