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
