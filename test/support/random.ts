/** Numbers that depend on the seed alone: answers a function that gives an integer from 0 to below its argument. */
export function randomFrom(seed: number): (below: number) => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
