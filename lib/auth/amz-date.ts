import { parseDate } from '../s3/parse-date'

const basic = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

/** Milliseconds since the epoch of `20130524T000000Z`; undefined for any other form and for a day that is not in the calendar. */
export function parseAmzDate(text: string): number | undefined {
  const parts = basic.exec(text)
  if (parts === null) return undefined
  // The pattern has six groups of digits and none of them is optional.
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number]
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC carries the 31st of June over to July; a time that does not print as it was read was no time.
  return formatAmzDate(time) === text ? time : undefined
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
