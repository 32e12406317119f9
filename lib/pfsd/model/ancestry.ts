import { Code, RpcFailure } from '../failure'

/**
 * How a commit is named beside its repo: `name`, then perhaps `.N` (the N-th commit from the branch's root, 1 being the
 * root), then perhaps `^^`, `^3`, `~~` or `~3` (so many parents up).
 */
export interface Ancestry {
  /** A branch, or a commit id. */
  readonly name: string
  /** Undefined: counted from the head. */
  readonly fromRoot: number | undefined
  /** Parents to go up. */
  readonly up: number
}

const suffixPattern = /^(?:\.(\d+))?(\^+|\^\d+|~+|~\d+)?$/

/** `place` is the whole reference, for the error of a suffix that means nothing. */
export function parseAncestry(reference: string, place: string): Ancestry {
  const at = reference.search(/[.^~]/)
  if (at < 0) return { name: reference, fromRoot: undefined, up: 0 }
  const match = suffixPattern.exec(reference.slice(at))
  if (match === null) throw new RpcFailure(Code.unknown, `calculate offset ${place}: count offset and clean: invalid ancestry format`)
  const [, root, parents] = match
  const fromRoot = root === undefined ? undefined : Number(root)
  const up = countUp(parents)
  if (fromRoot !== undefined && up >= fromRoot) {
    throw new RpcFailure(Code.unknown, `calculate offset ${place}: count offset and clean: invalid ancestry format`)
  }
  return { name: reference.slice(0, at), fromRoot, up }
}

function countUp(parents: string | undefined): number {
  if (parents === undefined) return 0
  const digits = parents.slice(1)
  return /^\d+$/.test(digits) ? Number(digits) : parents.length
}
