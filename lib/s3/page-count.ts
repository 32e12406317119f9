import type { Query } from './query'
import { invalidArgument } from './refusal'

/**
 * The limit of a page, such as `max-keys`: as asked, at most `max`, and `max` where it is absent or empty. InvalidArgument for
 * what is no whole number between 0 and 2^31 - 1. `argument` is S3's other name for the same, in one of its two texts.
 */
export function pageCount(query: Query, name: string, max: number, argument = name): number {
  const text = query.get(name)
  if (text === undefined || text === '') return max
  if (/^-\d+$/.test(text)) {
    throw invalidArgument(argument, text, `Argument ${argument} must be an integer between 0 and 2147483647`)
  }
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0x7fffffff) {
    throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`)
  }
  return Math.min(Number(text), max)
}
