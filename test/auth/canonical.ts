import fc from 'fast-check'
import t from 'tap'
import { formatAmzDate, parseAmzDate, parseDateHeader } from '../../lib/auth/amz-date'
import { canonicalHeaders, canonicalPaths, canonicalQuery, parseParameters } from '../../lib/auth/canonical'
import { Head } from '../../lib/kit/head'

const query = (raw: string): string => canonicalQuery(parseParameters(raw))

t.test('a path keeps its slashes and dots, and is encoded once', (t) => {
  const cases: [raw: string, forms: string[]][] = [
    ['/', ['/']],
    ['', ['/']],
    ['/b/a//c/../d/./e/', ['/b/a//c/../d/./e/']],
    ['/b/~x', ['/b/~x']],
    ['/b/%7Ex', ['/b/%7Ex', '/b/~x']],
    ['/b/a(1)', ['/b/a(1)', '/b/a%281%29']],
    ['/b/a+c', ['/b/a+c', '/b/a%2Bc']],
    ['/b/%c3%a9', ['/b/%c3%a9', '/b/%C3%A9']],
    ['/b/\xc3\xa9', ['/b/\xc3\xa9', '/b/%C3%A9']],
    ['/b/100%', ['/b/100%', '/b/100%25']],
    ['/b/%4', ['/b/%4', '/b/%254']],
    ['/b/%zz%2', ['/b/%zz%2', '/b/%25zz%252']],
    ['/b/%252F', ['/b/%252F']],
    ['/b/x%2Fy', ['/b/x%2Fy', '/b/x/y']],
    ['/b%2Fx/y', ['/b%2Fx/y']],
    ['/b%2Fx', ['/b%2Fx']],
  ]
  for (const [raw, forms] of cases) t.same(canonicalPaths(raw), forms, JSON.stringify(raw))
  t.end()
})

t.test('a query is sorted by name, then value, each encoded once', (t) => {
  const cases: [raw: string, canonical: string][] = [
    ['', ''],
    ['acl', 'acl='],
    ['acl=', 'acl='],
    ['&a=1&&b=2&', 'a=1&b=2'],
    ['b=2&a=1', 'a=1&b=2'],
    ['a=2&a=1&A=3', 'A=3&a=1&a=2'],
    ['a-b=1&a=2', 'a=2&a-b=1'],
    ['ab=1&a=2&a%2F=3', 'a=2&a%2F=3&ab=1'],
    ['prefix=a/b&marker=c=d', 'marker=c%3Dd&prefix=a%2Fb'],
    ['p=a+b', 'p=a%20b'],
    ['p=a%2bb', 'p=a%2Bb'],
    ['p=a%20b', 'p=a%20b'],
    ['p=%7e*', 'p=~%2A'],
    ['p=100%', 'p=100%25'],
    ['?=1', '%3F=1'],
  ]
  for (const [raw, canonical] of cases) t.equal(query(raw), canonical, JSON.stringify(raw))
  t.end()
})

t.test('a canonical form is its own canonical form', (t) => {
  const raw = fc.string({ unit: fc.constantFrom('%', '2', 'F', 'f', 'a', '/', '+', '&', '=', ' ', '~', '(', '\xff', '.') })
  fc.assert(fc.property(raw, (text) => {
    const [, form = canonicalPaths(text)[0] ?? ''] = canonicalPaths(text.replaceAll('%2F', '').replaceAll('%2f', ''))
    return canonicalPaths(form).length === 1 && query(query(text)) === query(text)
  }), { seed: 7, numRuns: 2000 })
  t.end()
})

t.test('fields are joined, trimmed and folded, and other white space than blanks is left', (t) => {
  const head = new Head('GET', '/', ['Host', ' h ', 'X', 'a  b\t\tc', 'x', '', 'X', '" q  q "', 'U', '\xc3\xa0 \xa0', 'Z', 'z'])
  t.equal(canonicalHeaders(head, ['host', 'u', 'x', 'missing']), 'host:h\nu:\xc3\xa0 \xa0\nx:a b c,," q q "\nmissing:\n')
  t.end()
})

t.test('dates', (t) => {
  t.equal(parseAmzDate('20130524T000000Z'), Date.UTC(2013, 4, 24))
  t.equal(formatAmzDate(Date.UTC(2013, 4, 24, 1, 2, 3)), '20130524T010203Z')
  const none = [
    '20130631T000000Z', '20130024T000000Z', '20130524T240000Z', '20130524T006000Z', '20130524T000060Z', '00990101T000000Z',
    '20130524t000000z', '20130524T000000Z ', '20130524T0000Z',
  ]
  for (const text of none) {
    t.equal(parseAmzDate(text), undefined, text)
  }
  t.equal(parseDateHeader('Fri, 24 May 2013 00:00:00 GMT'), Date.UTC(2013, 4, 24))
  t.equal(parseDateHeader('20130524T000000Z'), Date.UTC(2013, 4, 24))
  for (const text of ['', '24 May 2013', '1369353600', 'now']) t.equal(parseDateHeader(text), undefined, text)
  t.end()
})
