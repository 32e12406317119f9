/** Dates as S3 writes and reads them. S3 knows whole seconds only, in headers and in documents alike. */

/**
 * `2009-10-12T17:50:30.000Z`: whole seconds, so that a listing and a Last-Modified header never differ. Put together by
 * hand, for `toISOString` was half the cost of a page of a listing.
 */
export function isoDate(date: Date): string {
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}` +
    `T${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.000Z`
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

/** `Mon, 12 Oct 2009 17:50:30 GMT`, for Last-Modified and its kin. */
export function httpDate(date: Date): string {
  return date.toUTCString()
}
