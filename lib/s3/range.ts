import { limits } from '../limits'
import { S3Error } from './error'
import type { ObjectFacts, Parts } from './object-facts'
import { invalidArgument, invalidRequest } from './refusal'

/** Which bytes of an object a read answers. */
export interface Selection {
  readonly status: 200 | 206
  readonly offset: number
  readonly length: number
  /** Content-Range; undefined where the answer is the whole object under 200, or a part of no bytes. */
  readonly contentRange: string | undefined
  /** The part that `partNumber` asked for, as an index into the object's part table. */
  readonly part: number | undefined
}

/**
 * What `Range` and `partNumber` ask for. InvalidRequest for both at once, InvalidArgument for a part number out of bounds,
 * InvalidPartNumber for a part that is not there, InvalidRange for a range behind the end.
 */
export function select(range: string | undefined, partNumber: string | undefined, facts: ObjectFacts): Selection {
  if (partNumber === undefined) return range === undefined ? whole(facts.size) : selectRange(range, facts.size)
  const number = parsePartNumber(partNumber)
  if (range !== undefined) {
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter')
  }
  return selectPart(number, facts)
}

/** 1 to 10,000, in decimal digits. */
export function parsePartNumber(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= limits.partsMax) return number
  throw invalidArgument('partNumber', text, `Part number must be an integer between 1 and ${limits.partsMax}, inclusive`)
}

/**
 * S3 serves one range a request, and answers the whole object to whatever it cannot use: another unit, several ranges, an end
 * before the start, a suffix of an empty object. Only a start behind the end and a suffix of no bytes are errors. Digits
 * beyond 2^53 lose precision, which no comparison with a size can notice.
 */
function selectRange(header: string, size: number): Selection {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header)
  const first = match?.[1] ?? ''
  const last = match?.[2] ?? ''
  if (first === '' && last === '') return whole(size)
  if (first === '') {
    const suffix = Math.min(Number(last), size)
    if (Number(last) === 0) throw unsatisfiable(header, size)
    return size === 0 ? whole(size) : partial(size - suffix, suffix, size)
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return whole(size)
  if (start >= size) throw unsatisfiable(header, size)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  return partial(start, end - start, size)
}

/** An object that was written whole has one part: itself. */
function selectPart(number: number, facts: ObjectFacts): Selection {
  const parts: Parts = facts.attributes?.parts ?? { numbers: [1], sizes: [facts.size] }
  let offset = 0
  for (let part = 0; part < parts.sizes.length; part++) {
    const length = parts.sizes[part] ?? 0
    if (parts.numbers[part] === number) {
      // No Content-Range can name zero bytes. The empty object is answered whole, and an empty part is part of an answer still:
      // who puts an object together from its parts must not get all of it for one of them.
      if (length === 0) return facts.size === 0 ? { ...whole(0), part } : { status: 206, offset, length, contentRange: undefined, part }
      return { ...partial(offset, length, facts.size), part }
    }
    offset += length
  }
  throw new S3Error('InvalidPartNumber', { PartNumberRequested: String(number), ActualPartCount: String(parts.sizes.length) })
}

function whole(size: number): Selection {
  return { status: 200, offset: 0, length: size, contentRange: undefined, part: undefined }
}

function partial(offset: number, length: number, size: number): Selection {
  return { status: 206, offset, length, contentRange: `bytes ${offset}-${offset + length - 1}/${size}`, part: undefined }
}

function unsatisfiable(range: string, size: number): S3Error {
  const headers = [['Content-Range', `bytes */${size}`]] as const
  return new S3Error('InvalidRange', { RangeRequested: range, ActualObjectSize: String(size) }, { headers })
}
