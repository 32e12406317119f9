/*
 * The pieces that a glob is made of. Each goes from all positions where it may begin to all where it may end, so that
 * matching takes polynomial time whatever the pattern: it never tries one way after the other.
 */

/** From the positions where a piece may begin to those where it may end. */
export type Piece = (text: string, from: ReadonlySet<number>) => Set<number>

export function exactly(literal: string): Piece {
  return (text, from) => {
    const ends = new Set<number>()
    for (const at of from) if (text.startsWith(literal, at)) ends.add(at + literal.length)
    return ends
  }
}

export function one(test: (c: string) => boolean): Piece {
  return (text, from) => {
    const ends = new Set<number>()
    for (const at of from) if (at < text.length && test(text.charAt(at))) ends.add(at + 1)
    return ends
  }
}

export function anyRun(stopsAtSlash: boolean): Piece {
  return (text, from) => {
    const ends = new Set<number>()
    for (const start of from) {
      // Where another run has been already, this one can only repeat it.
      for (let at = start; at <= text.length && !ends.has(at); at++) {
        ends.add(at)
        if (stopsAtSlash && text.charAt(at) === '/') break
      }
    }
    return ends
  }
}

export function optional(piece: Piece): Piece {
  return (text, from) => {
    const ends = piece(text, from)
    for (const at of from) ends.add(at)
    return ends
  }
}

export function repeated(piece: Piece, least: 0 | 1): Piece {
  return (text, from) => {
    const ends = least === 0 ? new Set(from) : new Set<number>()
    let fresh: ReadonlySet<number> = from
    while (fresh.size > 0) {
      const next = new Set<number>()
      for (const at of piece(text, fresh)) {
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
  return (text, from) => {
    const ends = new Set<number>()
    for (const start of from) {
      const excluded = piece(text, new Set([start]))
      for (let at = start; at <= text.length; at++) {
        if (!excluded.has(at)) ends.add(at)
        if (text.charAt(at) === '/') break
      }
    }
    return ends
  }
}
