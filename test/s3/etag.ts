import t from 'tap'
import { bareEtagOf, etagOf, md5Entry, multipartEtagEntry } from '../../lib/s3/etag'

const md5 = '9e107d9d372bb6826bd81d3542a419d6'
const facts = { size: 3, version: '0123456789ab4def0123456789abcdef', modified: new Date(0) }
const withEntries = (...entries: (readonly [string, string])[]) => ({ ...facts, attributes: { entries: Object.fromEntries(entries) } })

t.test('an object written whole has its MD5, one in parts the MD5 of MD5s', (t) => {
  t.equal(etagOf(withEntries(md5Entry(Buffer.from(md5, 'hex')))), `"${md5}"`)
  // Two parts, `a` and `b`: the sums are those of an independent implementation.
  const parts = ['0cc175b9c0f1b6a831c399e269772661', '92eb5ffee6ae2fec3ad71c777531578f'].map((hex) => Buffer.from(hex, 'hex'))
  t.equal(etagOf(withEntries(multipartEtagEntry(parts))), '"96e024ba2074fe77e8e965ba43a704be-2"')
  t.end()
})

t.test('without an MD5 on record the tag has a dash', (t) => {
  const hash = Buffer.alloc(32, 0xab)
  t.equal(bareEtagOf({ ...facts, hash }), `${'ab'.repeat(16)}-1`)
  t.equal(bareEtagOf({ ...withEntries(), hash }), `${'ab'.repeat(16)}-1`)
  const bare = bareEtagOf(facts)
  t.match(bare, /^[0-9a-f]{32}-1$/)
  t.equal(bareEtagOf({ ...facts, modified: new Date(1) }), bare)
  t.not(bareEtagOf({ ...facts, size: 4 }), bare)
  t.end()
})

t.test("another writer's entry that is no tag is not shown", (t) => {
  for (const value of ['', 'x', `${md5}\r\nx: y`, md5.toUpperCase(), `${md5}-0`, `${md5}"`]) {
    t.match(bareEtagOf(withEntries(['d:md5', value], ['d:etag', value])), /^[0-9a-f]{32}-1$/)
  }
  t.end()
})
