import fc from 'fast-check'
import t from 'tap'
import { httpDate, isoDate } from '../../lib/s3/date'

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
