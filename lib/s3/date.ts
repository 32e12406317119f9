/** Dates as S3 writes and reads them. S3 knows whole seconds only, in headers and in documents alike. */

/** `2009-10-12T17:50:30.000Z`: whole seconds, so that a listing and a Last-Modified header never differ. */
export function isoDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}.000Z`
}

/** `Mon, 12 Oct 2009 17:50:30 GMT`, for Last-Modified and its kin. */
export function httpDate(date: Date): string {
  return date.toUTCString()
}
