import { parseDate } from '../s3/date'

const basic = /^\d{8}T\d{6}Z$/

/** Milliseconds since the epoch of `20130524T000000Z`; undefined for any other form and for a day that is not in the calendar. */
export function parseAmzDate(text: string): number | undefined {
  if (!basic.test(text)) return undefined
  const part = (from: number, to: number): number => Number(text.slice(from, to))
  const [year, month, day, hour, minute, second] = [part(0, 4), part(4, 6), part(6, 8), part(9, 11), part(11, 13), part(13, 15)] as const
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC carries the 31st of June over to July, and takes the year 99 for 1999.
  const date = new Date(time)
  const inCalendar = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return inCalendar && hour < 24 && minute < 60 && second < 60 ? time : undefined
}

/** The same for a `Date` header, which may also have any of HTTP's own forms. */
export function parseDateHeader(text: string): number | undefined {
  return parseAmzDate(text) ?? parseDate(text)
}

/** `20130524T000000Z`. */
export function formatAmzDate(time: number): string {
  return formatIsoDate(time).replace(/[-:]/g, '')
}

/** `2013-05-24T00:00:00Z`, as error documents give times. */
export function formatIsoDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
