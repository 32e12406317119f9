import t from 'tap'
import { Head } from '../../lib/kit/head'

t.test('keeps repeated fields apart and names in lower case', (t) => {
  const head = new Head('GET', '/a/b?x=1?y', ['Host', 'h', 'X-Amz-Date', '1', 'x-amz-date', '2'])
  t.equal(head.path, '/a/b')
  t.equal(head.query, 'x=1?y')
  t.same(head.all('x-amz-date'), ['1', '2'])
  t.equal(head.get('x-amz-date'), '1')
  t.equal(head.get('missing'), undefined)
  t.same(head.fields[0], ['host', 'h'])
  t.end()
})

t.test('a field named like a member of Object is a field', (t) => {
  const head = new Head('GET', '/', ['__proto__', 'x', 'constructor', 'y'])
  t.equal(head.get('__proto__'), 'x')
  t.equal(head.get('hasownproperty'), undefined)
  t.end()
})
