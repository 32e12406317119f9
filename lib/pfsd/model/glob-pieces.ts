import type { Piece } from './glob-match'

/*
 * The pieces that a glob is made of. Each goes from all positions where it may begin to all where it may end, and what a piece
 * that is gone through again and again gave is remembered (glob-match.ts); so that matching takes polynomial time whatever the
 * pattern: it never tries one way after the other, nor the same way twice.
 */

export function exactly(literal: string): Piece {
  return (match, from) => {
    match.take(from.size)
    const ends = new Set<number>()
    for (const at of from) if (match.text.startsWith(literal, at)) ends.add(at + literal.length)
    return ends
  }
}

/** One character; `cost` is how many steps `test` takes. */
export function one(test: (c: string) => boolean, cost = 1): Piece {
  return (match, from) => {
    match.take(from.size * cost)
    const { text } = match
    const ends = new Set<number>()
    for (const at of from) if (at < text.length && test(text.charAt(at))) ends.add(at + 1)
    return ends
  }
}

export function anyRun(stopsAtSlash: boolean): Piece {
  return (match, from) => {
    const { text } = match
    const ends = new Set<number>()
    for (const start of from) {
      // Where another run has been already, this one can only repeat it.
      for (let at = start; at <= text.length && !ends.has(at); at++) {
        ends.add(at)
        if (stopsAtSlash && text.charAt(at) === '/') break
      }
    }
    match.take(from.size + ends.size)
    return ends
  }
}

export function optional(piece: Piece): Piece {
  return (match, from) => {
    match.take(from.size)
    const ends = piece(match, from)
    for (const at of from) ends.add(at)
    return ends
  }
}

/** One after the other. */
export function inOrder(pieces: readonly Piece[]): Piece {
  return (match, from) => {
    let ends: Set<number> = new Set(from)
    match.take(ends.size)
    for (const piece of pieces) {
      if (ends.size === 0) return ends
      ends = piece(match, ends)
    }
    return ends
  }
}

export function oneOf(branches: readonly Piece[]): Piece {
  return (match, from) => {
    const all = new Set<number>()
    for (const branch of branches) {
      const ends = branch(match, from)
      match.take(1 + ends.size)
      for (const end of ends) all.add(end)
    }
    return all
  }
}

export function repeated(piece: Piece, least: 0 | 1): Piece {
  return (match, from) => {
    const ends = least === 0 ? new Set(from) : new Set<number>()
    let fresh = from
    while (fresh.size > 0) {
      const next = new Set<number>()
      const reached = match.endsOfAll(piece, fresh)
      match.take(fresh.size + reached.size)
      for (const at of reached) {
        if (ends.has(at)) continue
        ends.add(at)
        next.add(at)
      }
      fresh = next
    }
    return ends
  }
}

/** Any run without `/` that `piece` does not match as a whole. */
export function anythingBut(piece: Piece): Piece {
  return (match, from) => {
    const { text } = match
    const ends = new Set<number>()
    for (const start of from) {
      const excluded = match.ends(piece, start)
      let at = start
      for (; at <= text.length; at++) {
        if (!excluded.has(at)) ends.add(at)
        if (text.charAt(at) === '/') break
      }
      match.take(1 + at - start)
    }
    return ends
  }
}
