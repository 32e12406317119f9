import fc from 'fast-check'
import t from 'tap'
import { decodeText, encodeText } from '../../lib/s3/encoded-word'

const latin1 = (text: string) => Buffer.from(text).toString('latin1')

t.test('plain ASCII stands for itself both ways', (t) => {
  const malformed = ['=?', '=?x', '=?UTF-8?X?abc?=', '=?koi8-r?Q?=C1?=', '=?UTF-8?Q?=C3?=', '=?UTF-8?B?###?=', '=?UTF-8?Q?=zz?=']
  for (const text of ['', 'hello', 'a=b?c', 'tab\there', ...malformed]) {
    t.equal(decodeText(text), text)
    t.equal(encodeText(text), text)
  }
  t.end()
})

t.test('decodes UTF-8 bytes, Latin-1 bytes and encoded words', (t) => {
  t.equal(decodeText(latin1('ÄMÄZÕÑ S3')), 'ÄMÄZÕÑ S3')
  t.equal(decodeText('Hello World\xe9'), 'Hello Worldé')
  t.equal(decodeText('=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?='), 'ÄMÄZÕÑ S3')
  t.equal(decodeText('=?utf-8?q?=C3=84M=c3=84Z_S3?='), 'ÄMÄZ S3')
  t.equal(decodeText('=?UTF-8?Q?=C3=84 S3?='), 'Ä S3', 'a blank within a word, as some clients leave it')
  t.equal(decodeText('=?ISO-8859-1?Q?=E9?='), 'é')
  t.equal(decodeText('=?utf-8*en?Q?=C3=A9?='), 'é')
  t.equal(decodeText('=?UTF-8?Q?=C3=A9?= =?UTF-8?Q?=C3=A8?= x'), 'éè x')
  t.equal(decodeText('a =?US-ASCII?Q?b?= c'), 'a b c')
  t.end()
})

t.test('answers what is not ASCII as one encoded word', (t) => {
  t.equal(encodeText('ÄMÄZÕÑ S3'), '=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=')
  t.equal(encodeText('日本'), '=?UTF-8?B?5pel5pys?=')
  t.equal(encodeText('é = _ ?!'), '=?UTF-8?Q?=C3=A9_=3D_=5F_=3F!?=')
  t.end()
})

t.test('no text can end a header field', (t) => {
  t.equal(encodeText(decodeText('=?UTF-8?Q?a=0D=0Ab:_c?=')), '=?UTF-8?Q?a=0D=0Ab:_c?=')
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^[\t\x20-\x7e]*$/.test(encodeText(text))), { seed: 2, numRuns: 500 })
  fc.assert(fc.property(fc.string({ unit: 'binary' }).filter((text) => !text.includes('=?')), (text) => decodeText(encodeText(text)) === text),
    { seed: 3, numRuns: 500 })
  t.end()
})
