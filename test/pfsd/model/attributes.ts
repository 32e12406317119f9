import { deepStrictEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { decodeAttributes, encodeAttributes } from '../../../lib/pfsd/model/attributes'
import type { FileAttributes } from '../../../lib/wire/messages'

const md5 = createHash('md5').update('x').digest('hex')

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'd:md5', '__proto__', 'constructor', 'm:é', md5, md5.toUpperCase(), 'abcdef0', '00'),
)
const attributes: fc.Arbitrary<FileAttributes> = fc.record({
  entries: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 8 }).map((pairs): Record<string, string> => Object.fromEntries(pairs)),
  parts: fc.record({
    numbers: fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 5 }),
    sizes: fc.array(fc.constantFrom(0, 5, 5_242_880, 5 * 2 ** 40), { minLength: 1, maxLength: 10 }),
    checksum_algorithm: fc.constantFrom('CRC32', 'SHA256'),
    checksums: fc.array(fc.uint8Array({ maxLength: 32 }).map((bytes) => Buffer.from(bytes)), { minLength: 1, maxLength: 5 }),
  }, { requiredKeys: [], noNullPrototype: true }),
}, { requiredKeys: [], noNullPrototype: true })

t.test('attributes come back as they were, absent fields absent', (t) => {
  fc.assert(fc.property(attributes, (message) => {
    deepStrictEqual(decodeAttributes(encodeAttributes(message)), message)
  }), { numRuns: 300, seed: 2 })
  t.same(decodeAttributes(encodeAttributes({ entries: {} })), {}, 'an empty map is an absent one')
  const own = decodeAttributes(encodeAttributes({ entries: Object.fromEntries([['__proto__', 'v']]) }))
  t.ok(Object.hasOwn(own.entries ?? {}, '__proto__'), 'a name that means something to JavaScript is a name')
  t.end()
})

t.test('stale attributes are told without digests and part table', (t) => {
  const entries = { t: 'text/plain', 'm:d:md5': 'mine', 'd:md5': md5, 'd:crc32': 'x' }
  const bytes = encodeAttributes({ entries, parts: { sizes: [1] } })
  t.same(decodeAttributes(bytes, true), { entries: { 't': 'text/plain', 'm:d:md5': 'mine' } })
  t.same(decodeAttributes(encodeAttributes({ entries: { 'd:md5': md5 } }), true), {})
  t.end()
})

t.test('they are short', (t) => {
  const usual = encodeAttributes({ entries: { 't': 'application/octet-stream', 'd:md5': md5, 'd:crc32': 'AAAAAA==' } })
  t.ok(usual.length < 80, `${usual.length} bytes`)
  const sizes = Array.from({ length: 10_000 }, (_, i) => (i < 9999 ? 8 * 2 ** 20 : 17))
  t.ok(encodeAttributes({ parts: { sizes } }).length < 30, 'equal parts')
  const numbers = sizes.map((_, i) => 2 * i + 1)
  const checksums = sizes.map((_, i) => createHash('sha256').update(String(i)).digest())
  const message = { parts: { sizes, numbers, checksum_algorithm: 'SHA256', checksums } }
  const bytes = encodeAttributes(message)
  t.ok(bytes.length < 350_000, `${bytes.length} bytes for 10,000 parts with checksums`)
  deepStrictEqual(decodeAttributes(bytes), message)
  t.end()
})

t.test('what no file has is refused, and so is what cannot be read', (t) => {
  t.throws(() => encodeAttributes({ parts: { sizes: [-1] } }), RangeError)
  t.throws(() => encodeAttributes({ parts: { sizes: [1.5] } }), RangeError)
  t.throws(() => decodeAttributes(Buffer.from([2, 0, 0])))
  t.throws(() => decodeAttributes(Buffer.alloc(0)), RangeError)
  const whole = encodeAttributes({ entries: { a: 'b' }, parts: { sizes: [1, 2] } })
  for (let length = 0; length < whole.length; length++) t.throws(() => decodeAttributes(whole.subarray(0, length)), RangeError, `cut to ${length}`)
  t.end()
})
