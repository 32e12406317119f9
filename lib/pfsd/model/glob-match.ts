import { Code, RpcFailure } from '../failure'
import { limits } from '../limits'

/** From the positions where a piece of a pattern may begin to those where it may end. */
export type Piece = (match: GlobMatch, from: ReadonlySet<number>) => Set<number>

/**
 * One path that a pattern is held against. It counts the steps that this takes, about one for each position that a piece looks
 * at or answers, and ends what takes too many: INVALID_ARGUMENT.
 */
export class GlobMatch {
  readonly text: string
  /** Steps taken so far. */
  steps = 0
  /** What pieces gave, by their starts; `passed`: one that went with others, so that its own ends are not known. */
  private readonly known = new Map<Piece, Map<number, ReadonlySet<number> | 'passed'>>()

  constructor(text: string) {
    this.text = text
  }

  take(steps: number): void {
    this.steps += steps
    if (this.steps > limits.globStepsMax) throw new RpcFailure(Code.invalidArgument, 'glob takes too long to match')
  }

  /** Where `piece` may end that begins at `start`: it goes there once, however often this is asked. */
  ends(piece: Piece, start: number): ReadonlySet<number> {
    const ofPiece = this.of(piece)
    const known = ofPiece.get(start)
    if (known !== undefined && known !== 'passed') return known
    const ends = piece(this, new Set([start]))
    ofPiece.set(start, ends)
    return ends
  }

  /**
   * The same for many starts, which go together the first time, for that costs about as much as for one of them. Those that
   * come a second time go alone, and are known from then on.
   */
  endsOfAll(piece: Piece, from: ReadonlySet<number>): Set<number> {
    const ofPiece = this.of(piece)
    const fresh = new Set<number>()
    const all = new Set<number>()
    for (const start of from) {
      if (!ofPiece.has(start)) {
        ofPiece.set(start, 'passed')
        fresh.add(start)
      } else {
        const ends = this.ends(piece, start)
        this.take(1 + ends.size)
        for (const end of ends) all.add(end)
      }
    }
    if (fresh.size === 0) return all
    const ends = piece(this, fresh)
    this.take(fresh.size + all.size)
    for (const end of all) ends.add(end)
    return ends
  }

  private of(piece: Piece): Map<number, ReadonlySet<number> | 'passed'> {
    let ofPiece = this.known.get(piece)
    if (ofPiece === undefined) {
      ofPiece = new Map()
      this.known.set(piece, ofPiece)
    }
    return ofPiece
  }
}
