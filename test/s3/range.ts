import fc from 'fast-check'
import t from 'tap'
import { parsePartNumber, select } from '../../lib/s3/range'

const facts = (size: number) => ({ size, version: '', modified: new Date(0) })
const parts = { ...facts(7), attributes: { entries: {}, parts: { numbers: [1, 3, 9], sizes: [3, 3, 1] } } }
const whole = (size: number) => ({ status: 200, offset: 0, length: size, contentRange: undefined })

t.test('answers one range', (t) => {
  const cases: [string, number, number, number][] = [
    ['bytes=0-0', 0, 1, 10], ['bytes=2-5', 2, 4, 10], ['bytes=5-', 5, 5, 10], ['bytes=-3', 7, 3, 10], ['bytes=-30', 0, 10, 10],
    ['bytes=0-99', 0, 10, 10], ['bytes=9-9', 9, 1, 10], ['bytes=0-18446744073709551616', 0, 10, 10], ['bytes=007-008', 7, 2, 10],
  ]
  for (const [range, offset, length, size] of cases) {
    const contentRange = `bytes ${offset}-${offset + length - 1}/${size}`
    t.match(select(range, undefined, facts(size)), { status: 206, offset, length, contentRange }, range)
  }
  t.end()
})

t.test('answers everything where S3 ignores the header', (t) => {
  const ignored = [
    'bytes=5-2', 'bytes=99-98', 'bytes=-', 'bytes=', 'bytes', 'bytes=0-1,5-6', 'bytes=a-b', 'bytes=1-2-3', 'bytes=+1-2', 'bytes= 1-2',
    'lines=0-1', '0-1', '',
  ]
  for (const range of ignored) t.match(select(range, undefined, facts(10)), whole(10), range)
  t.match(select(`bytes=${'0-1,'.repeat(1000)}0-1`, undefined, facts(10)), whole(10))
  t.match(select('bytes=-5', undefined, facts(0)), whole(0), 'a suffix of an empty object')
  t.match(select(undefined, undefined, facts(10)), whole(10))
  t.end()
})

t.test('refuses a range behind the end', (t) => {
  const cases: [string, number][] = [
    ['bytes=10-', 10], ['bytes=10-20', 10], ['bytes=0-', 0], ['bytes=0-0', 0], ['bytes=-0', 10], ['bytes=-0', 0],
    ['bytes=18446744073709551616-', 10],
  ]
  for (const [range, size] of cases) {
    t.throws(() => select(range, undefined, facts(size)), {
      code: 'InvalidRange', status: 416, members: { RangeRequested: range, ActualObjectSize: String(size) },
      headers: [['Content-Range', `bytes */${size}`]],
    }, `${range} of ${size}`)
  }
  t.end()
})

t.test('answers a part by its number', (t) => {
  t.match(select(undefined, '1', parts), { status: 206, offset: 0, length: 3, contentRange: 'bytes 0-2/7', part: 0 })
  t.match(select(undefined, '3', parts), { status: 206, offset: 3, length: 3, contentRange: 'bytes 3-5/7', part: 1 })
  t.match(select(undefined, '9', parts), { status: 206, offset: 6, length: 1, contentRange: 'bytes 6-6/7', part: 2 })
  for (const number of ['2', '10']) {
    const members = { PartNumberRequested: number, ActualPartCount: '3' }
    t.throws(() => select(undefined, number, parts), { code: 'InvalidPartNumber', status: 416, members })
  }
  const emptyLast = { ...facts(6), attributes: { entries: {}, parts: { numbers: [1, 3, 9], sizes: [3, 3, 0] } } }
  t.same(select(undefined, '9', emptyLast), { status: 206, offset: 6, length: 0, contentRange: undefined, part: 2 })
  const empty = { ...facts(0), attributes: { entries: {}, parts: { numbers: [2], sizes: [0] } } }
  t.same(select(undefined, '2', empty), { status: 200, offset: 0, length: 0, contentRange: undefined, part: 0 })
  t.match(select(undefined, '1', facts(5)), { status: 206, contentRange: 'bytes 0-4/5', part: 0 }, 'an object written whole is one part')
  t.match(select(undefined, '1', facts(0)), whole(0))
  t.throws(() => select(undefined, '2', facts(5)), { code: 'InvalidPartNumber' })
  t.end()
})

t.test('refuses part numbers that are none, and a part with a range', (t) => {
  const message = 'Part number must be an integer between 1 and 10000, inclusive'
  for (const text of ['', '0', '10001', '-1', '1e3', ' 5', '1.0', '99999999999999999999', 'x', '0x1']) {
    t.throws(() => parsePartNumber(text), { code: 'InvalidArgument', message }, text)
  }
  t.equal(parsePartNumber('10000'), 10_000)
  t.throws(() => select('bytes=0-1', '1', parts),
    { code: 'InvalidRequest', message: 'Cannot specify both Range header and partNumber query parameter' })
  t.end()
})

t.test('whatever is asked, the selection lies within the object', (t) => {
  const bound = fc.oneof(fc.constant(''), fc.nat(20).map(String), fc.bigInt({ min: 0n, max: 1n << 70n }).map(String))
  fc.assert(fc.property(bound, bound, fc.nat(20), (first, last, size) => {
    try {
      const { status, offset, length } = select(`bytes=${first}-${last}`, undefined, facts(size))
      if (offset < 0 || length < 0 || offset + length > size || !Number.isInteger(length)) throw new Error('outside')
      if (status === 206 && length === 0) throw new Error('a range of nothing')
    } catch (error) {
      if ((error as { code?: string }).code !== 'InvalidRange') throw error
    }
  }), { seed: 1, numRuns: 500 })
  t.end()
})
