import { Code, RpcFailure } from '../failure'
import { limits } from '../limits'
import type { Piece } from './glob-match'
import { anyRun, anythingBut, exactly, inOrder, one, oneOf, optional, repeated } from './glob-pieces'

/**
 * Reads a pattern from left to right, once, into the pieces of glob-pieces.ts. The language is that of pachd's glob library:
 * `*` and `**`, `?`, classes, `{a,b}`, and the groups `?(a|b)`, `*(…)`, `+(…)`, `@(…)` and `!(…)`. What it refuses is
 * refused here.
 */
export class GlobParser {
  private readonly pattern: string
  private at = 0
  /** Groups that are open. */
  private depth = 0

  constructor(pattern: string) {
    this.pattern = pattern
  }

  whole(): Piece {
    const piece = this.sequence('')
    if (this.at < this.pattern.length) throw failure('unexpected character')
    return piece
  }

  /** Pieces up to the end or to one of `stops`. */
  private sequence(stops: string): Piece {
    const pieces: Piece[] = []
    while (this.at < this.pattern.length && !stops.includes(this.peek(0))) pieces.push(this.piece())
    return inOrder(pieces)
  }

  private peek(ahead: number): string {
    return this.pattern.charAt(this.at + ahead)
  }

  private piece(): Piece {
    const character = this.peek(0)
    this.at++
    switch (character) {
      case '*':
        if (this.peek(0) === '*') {
          this.at++
          return anyRun(false)
        }
        return this.peek(0) === '(' ? repeated(this.group(), 0) : anyRun(true)
      case '?': return this.peek(0) === '(' ? optional(this.group()) : one((c) => c !== '/')
      case '+': return this.peek(0) === '(' ? repeated(this.group(), 1) : exactly('+')
      case '@': return this.peek(0) === '(' ? this.group() : exactly('@')
      case '!': return this.peek(0) === '(' ? anythingBut(this.group()) : exactly('!')
      case '(':
        this.at--
        return this.group()
      case '{': return this.alternatives(',', '}')
      case '[': return this.characterClass()
      case '\\': {
        const literal = this.peek(0)
        this.at++
        return exactly(literal)
      }
      default: return exactly(character)
    }
  }

  private group(): Piece {
    this.at++
    return this.alternatives('|', ')')
  }

  private alternatives(separator: string, close: string): Piece {
    if (++this.depth > limits.globDepthMax) throw new RpcFailure(Code.invalidArgument, 'glob is nested too deep')
    const branches = [this.sequence(separator + close)]
    while (this.peek(0) === separator) {
      this.at++
      branches.push(this.sequence(separator + close))
    }
    if (this.peek(0) !== close) throw failure('unexpected end of input')
    this.at++
    this.depth--
    return oneOf(branches)
  }

  private characterClass(): Piece {
    const negated = this.peek(0) === '!' || this.peek(0) === '^'
    if (negated) this.at++
    const tests: Array<(c: string) => boolean> = []
    while (this.peek(0) !== ']' || tests.length === 0) {
      if (this.at >= this.pattern.length) throw failure('unexpected end of input')
      tests.push(this.classMember())
    }
    this.at++
    return one((c) => tests.some((test) => test(c)) !== negated, tests.length)
  }

  private classMember(): (c: string) => boolean {
    if (this.peek(0) === '[' && this.peek(1) === ':') {
      const end = this.pattern.indexOf(':]', this.at + 2)
      const range = posixClasses.get(this.pattern.slice(this.at + 2, end))
      if (end < 0 || range === undefined) throw failure('unexpected character class')
      this.at = end + 2
      return (c) => range.test(c)
    }
    if (this.peek(0) === '\\') this.at++
    const low = this.peek(0)
    this.at++
    if (this.peek(0) !== '-' || this.peek(1) === ']' || this.peek(1) === '') return (c) => c === low
    const high = this.peek(1)
    this.at += 2
    return (c) => c >= low && c <= high
  }
}

const posixClasses: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /[0-9A-Za-z]/], ['alpha', /[A-Za-z]/], ['ascii', /[\0-\x7f]/], ['blank', /[\t ]/], ['cntrl', /[\0-\x1f\x7f]/],
  ['digit', /[0-9]/], ['graph', /[!-~]/], ['lower', /[a-z]/], ['print', /[ -~]/], ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[\t-\r ]/], ['upper', /[A-Z]/], ['word', /[0-9A-Za-z_]/], ['xdigit', /[0-9A-Fa-f]/],
])

function failure(text: string): RpcFailure {
  return new RpcFailure(Code.unknown, text)
}
