/** Dates as S3 writes and reads them: to the second in headers, in documents as exactly as they are known. */

/**
 * `2009-10-12T17:50:30.123Z`. S3 says `.000Z`; clients that compare a listing with their files' times (aws s3 sync) would then
 * take an object for older than the file that it was made from within the same second, and send it again. Put together by
 * hand, for `toISOString` was half the cost of a page of a listing.
 */
export function isoDate(date: Date): string {
  const ms = date.getUTCMilliseconds()
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}` +
    `T${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${ms < 100 ? '0' : ''}${two(ms)}Z`
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

/** `Mon, 12 Oct 2009 17:50:30 GMT`, for Last-Modified and its kin. */
export function httpDate(date: Date): string {
  const second = Math.floor(date.getTime() / 1000)
  // Objects that are read one after the other were often written so.
  if (second !== last.second) last = { second, text: date.toUTCString() }
  return last.text
}

let last = { second: NaN, text: '' }

/**
 * A date as clients write it in a header, in ms since 1970; undefined for anything else. HTTP's three forms, and ISO 8601 in
 * UTC as some SDKs send it. Date.parse alone would read a date out of almost any text.
 */
export function parseDate(text: string): number | undefined {
  let time = NaN
  if (imfFixdate.test(text) || rfc850.test(text) || iso8601.test(text)) time = Date.parse(text)
  else if (asctime.test(text)) time = Date.parse(`${text} GMT`)
  return Number.isNaN(time) ? undefined : time
}

const imfFixdate = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|[+-]\d{4})$/
const rfc850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/
const iso8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|\+00:00)$/
