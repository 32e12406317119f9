/** Length of the longest common start of two keys. */
export function commonLength(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length)
  let i = 0
  while (i < length && a[i] === b[i]) i++
  return i
}

export function startsWith(key: Buffer, prefix: Buffer): boolean {
  return key.length >= prefix.length && commonLength(key, prefix) === prefix.length
}

/** The first key behind all keys that start with `prefix`; undefined where there is none behind them. */
export function afterPrefix(prefix: Buffer): Buffer | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const bound = Buffer.from(prefix.subarray(0, length))
  bound[length - 1] = (bound[length - 1] ?? 0) + 1
  return bound
}

/** The shortest key above `lower` and not above `upper`, which must lie above `lower`. */
export function separatorOf(lower: Buffer, upper: Buffer): Buffer {
  return upper.subarray(0, commonLength(lower, upper) + 1)
}
