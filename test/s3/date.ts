import fc from 'fast-check'
import t from 'tap'
import { httpDate, isoDate, parseDate } from '../../lib/s3/date'

t.test('headers have whole seconds, cut off and not rounded; documents the milliseconds', (t) => {
  const date = new Date(Date.UTC(2009, 9, 2, 7, 5, 9, 999))
  t.equal(isoDate(date), '2009-10-02T07:05:09.999Z')
  t.equal(httpDate(date), 'Fri, 02 Oct 2009 07:05:09 GMT')
  t.end()
})

t.test('any time is as the platform has it', (t) => {
  fc.assert(fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
    t.equal(isoDate(date), date.toISOString())
  }), { seed: 1, numRuns: 200 })
  t.end()
})

t.test('the forms in which clients write a date, and nothing like them', (t) => {
  const time = Date.UTC(1994, 10, 6, 8, 49, 37)
  const forms = [
    'Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 6 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 09:49:37 +0100', 'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z', '1994-11-06T08:49:37.000Z', '1994-11-06T08:49:37+00:00',
  ]
  for (const form of forms) t.equal(parseDate(form), time, form)
  const others = [
    '', '0', '1994', '1994-11-06', '06 Nov 1994', '784111777', 'Sun, 06 Nov 1994 08:49:37', '1994-11-06T08:49:37',
    'Sun, 06 Foo 1994 08:49:37 GMT',
  ]
  for (const other of others) t.equal(parseDate(other), undefined, other)
  t.end()
})
