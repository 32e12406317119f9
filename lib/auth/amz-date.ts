const basic = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/
const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|UTC|\+0000)$/

/** Milliseconds since the epoch of `20130524T000000Z`; undefined for any other form and for a day that is not in the calendar. */
export function parseAmzDate(text: string): number | undefined {
  const parts = basic.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number]
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  // Date.UTC carries the 31st of June over to July; a time that does not print as it was read was no time.
  return formatAmzDate(time) === text ? time : undefined
}

/** The same for a `Date` header, which may also have HTTP's own form. */
export function parseDateHeader(text: string): number | undefined {
  const time = imfFixdate.test(text) ? Date.parse(text) : parseAmzDate(text)
  return time === undefined || Number.isNaN(time) ? undefined : time
}

/** `20130524T000000Z`. */
export function formatAmzDate(time: number): string {
  return `${formatIsoDate(time).replace(/[-:]/g, '')}`
}

/** `2013-05-24T00:00:00Z`, as error documents give times. */
export function formatIsoDate(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
