import fc from 'fast-check'
import t from 'tap'
import { S3Error } from '../../lib/s3/error'
import { percentDecode, percentEncode } from '../../lib/s3/percent'
import { parseQuery } from '../../lib/s3/query'

t.test('bare and empty parameters are the same; the first of a name counts', (t) => {
  const query = parseQuery('acl&prefix=a%2Fb&x=&prefix=c&&=v')
  t.strictSame(query.pairs, [['acl', ''], ['prefix', 'a/b'], ['x', ''], ['prefix', 'c'], ['', 'v']])
  t.equal(query.get('prefix'), 'a/b')
  t.equal(query.get('acl'), '')
  t.ok(query.has('x'))
  t.notOk(query.has('toString'))
  t.equal(query.get('constructor'), undefined)
  t.end()
})

t.test('decodes exactly once, a plus as a blank', (t) => {
  t.equal(parseQuery('prefix=a+b%2Bc%252B').get('prefix'), 'a b+c%2B')
  t.equal(parseQuery('a%3Db=c=d').get('a=b'), 'c=d')
  t.equal(parseQuery('p=\xc3\xbc').get('p'), 'ü')
  for (const raw of ['a=%zz', '%', 'a=%c0%af', 'a=%ff']) t.throws(() => parseQuery(raw), new S3Error('InvalidURI'), raw)
  t.end()
})

t.test('any pairs survive the way through a query string', (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 20 })
  fc.assert(fc.property(fc.array(fc.tuple(text.filter((s) => s !== ''), text)), (pairs) => {
    const raw = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
    t.strictSame(parseQuery(raw).pairs, pairs)
  }), { seed: 1, numRuns: 200 })
  t.end()
})

t.test('encoding-type=url keeps slashes and is undone by decoding', (t) => {
  t.equal(percentEncode('foo+1/b ar'), 'foo%2B1/b%20ar')
  t.equal(percentEncode('test_file(3).png'), 'test_file%283%29.png')
  t.equal(percentEncode("-_.~*!'"), '-_.~*%21%27')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    const encoded = percentEncode(text)
    t.equal(percentDecode(encoded), text)
    t.match(encoded, /^[A-Za-z0-9\-_.~*/%]*$/)
  }), { seed: 2, numRuns: 200 })
  t.end()
})
