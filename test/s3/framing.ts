import t from 'tap'
import { Head } from '../../lib/kit/head'
import { limits } from '../../lib/limits'
import { checkFraming } from '../../lib/s3/framing'

const check = (fields: string[], version = '1.1') => () => { checkFraming(new Head('PUT', '/b/k', fields), version) }

t.test('a plain request passes', (t) => {
  t.doesNotThrow(check(['Host', 'h', 'Content-Length', '3']))
  t.doesNotThrow(check(['Host', 'h', 'Transfer-Encoding', 'Chunked']))
  t.doesNotThrow(check(['Host', 'h', 'X-Amz-Meta-A', '1', 'x-amz-meta-a', '2'], '1.0'), 'metadata may be repeated')
  t.end()
})

t.test('what two readers could read differently is refused', (t) => {
  t.throws(check(['Host', 'h'], '0.9'), { code: 'InvalidRequest', status: 400 }, 'HT-06 HTTP/0.9')
  t.throws(check([], '1.0'), { code: 'InvalidRequest' }, 'HT-06 no Host')
  t.throws(check(['Host', '']), { code: 'InvalidRequest' }, 'HT-06 empty Host')
  t.throws(check(['Host', 'a', 'Host', 'b']), { code: 'InvalidRequest' }, 'HT-06 two Hosts')
  for (const host of ['a b', 'a, b', 'user@h', 'h/', 'h:x', '[::1', 'h#', 'h\xe9', 'h:1:2']) {
    t.throws(check(['Host', host]), { code: 'InvalidRequest' }, `HT-06 ${host}`)
  }
  for (const host of ['h', 'h:', 'h:80', '[::1]:80', '127.0.0.1:1', 'master.my_repo.s3.test', 'xn--a.b']) t.doesNotThrow(check(['Host', host]), host)
  const once = ['Authorization', 'X-Amz-Date', 'X-Amz-Content-Sha256', 'Content-MD5', 'x-amz-copy-source', 'x-amz-expected-bucket-owner', 'If-Range']
  for (const name of once) {
    t.throws(check(['Host', 'h', name, 'a', name.toLowerCase(), 'a']), { code: 'InvalidRequest' }, `AU-11 two ${name}`)
  }
  for (const encoding of ['gzip, chunked', 'gzip', 'identity']) {
    t.throws(check(['Host', 'h', 'Transfer-Encoding', encoding]), { code: 'NotImplemented', status: 501 }, `HT-03 ${encoding}`)
  }
  t.throws(check(['Host', 'h', 'Transfer-Encoding', 'chunked'], '1.0'), { code: 'InvalidRequest', headers: [['Connection', 'close']] }, 'HT-04 chunks in 1.0')
  const many = Array.from({ length: limits.headerFieldsMax }, (_, i) => [`x-${String(i)}`, 'v']).flat()
  t.throws(check(['Host', 'h', ...many]), { code: 'RequestHeaderSectionTooLarge', status: 400 }, 'HT-08 too many fields')
  t.end()
})
