import fc from 'fast-check'
import t from 'tap'
import { isUploadId, newUploadId, parseUploadPath, partPath, spell, timeOfId, unspell, uploadPath, uploadsPath } from '../../../lib/pfs/uploads/paths'

const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !text.includes('\0'))
const order = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
const settings = { seed: 7, numRuns: 1000 }

t.test('any key comes back', (t) => {
  fc.assert(fc.property(key, (text) => unspell(spell(text)) === text && /^(?:[A-P][a-p])+$/.test(spell(text))), settings)
  const path = uploadPath('master', 'a/b', '0'.repeat(44))
  t.same(parseUploadPath(path), { branch: 'master', key: 'a/b', id: '0'.repeat(44) })
  t.same(parseUploadPath(uploadsPath('master', 'a/')), { branch: 'master', key: 'a/', id: '' })
  t.end()
})

t.test('paths are in the order of key and id', (t) => {
  const id = fc.constantFrom(...['0', '5', 'f'].map((digit) => digit.repeat(44)))
  fc.assert(fc.property(key, key, id, id, (a, b, one, two) =>
    order(uploadPath('m', a, one), uploadPath('m', b, two)) === (order(a, b) || order(one, two))), settings)
  t.ok(order(partPath('i', 2), partPath('i', 10)) < 0 && order(partPath('i', 9999), partPath('i', 10000)) < 0)
  t.end()
})

t.test('prefixes and delimiters are found where they are in the key, and nowhere else', (t) => {
  fc.assert(fc.property(key, key, (text, part) => {
    const at = Buffer.from(text).indexOf(part)
    return spell(text).startsWith(spell(part)) === (at === 0) && spell(text).indexOf(spell(part)) === (at === -1 ? -1 : 2 * at)
  }), settings)
  t.equal(spell('r\u00f0').indexOf(spell('/')), -1)
  t.end()
})

t.test('ids sort by time and are not repeated', (t) => {
  const ids = [1, 2 ** 32, Date.now()].map(newUploadId)
  t.same([...ids].sort(), ids)
  t.ok(ids.every(isUploadId))
  t.equal(timeOfId(ids[1] ?? ''), 2 ** 32)
  t.not(newUploadId(5), newUploadId(5))
  for (const text of ['', '0'.repeat(43), `${'0'.repeat(44)}\n`, 'A'.repeat(44), '../'.repeat(14)]) t.notOk(isUploadId(text), text)
  t.end()
})
