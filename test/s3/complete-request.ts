import t from 'tap'
import { limits } from '../../lib/limits'
import { parseCompleteRequest } from '../../lib/s3/complete-request'
import { atOnce } from '../support/at-once'

const parse = (xml: string) => atOnce(parseCompleteRequest(Buffer.from(xml)))
const documentOf = (content: string) => `<CompleteMultipartUpload>${content}</CompleteMultipartUpload>`
const part = (number: number | string, more = '') => `<Part><PartNumber>${number}</PartNumber><ETag>"e${number}"</ETag>${more}</Part>`

t.test('every spelling that clients use', (t) => {
  const [aws] = parse('<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    '<Part><ETag>&quot;abc&quot;</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32><PartNumber>7</PartNumber></Part></CompleteMultipartUpload>')
  t.same(aws, { number: 7, etag: 'abc', checksums: { CRC32: 'AAAAAA==' } })
  t.same(parse('<n:CompleteMultipartUpload xmlns:n="http://s3.amazonaws.com/doc/2006-03-01/"><n:Part><n:PartNumber>7</n:PartNumber><n:ETag>abc</n:ETag>' +
    '<n:ChecksumCRC32>AAAAAA==</n:ChecksumCRC32></n:Part></n:CompleteMultipartUpload>'), [aws])
  t.same(parse(documentOf('<Part><PartNumber> 1 </PartNumber><ETag>abc</ETag></Part>')), [{ number: 1, etag: 'abc', checksums: {} }])
  t.same(parse(documentOf(part(1, '<ChecksumXXHASH64>x</ChecksumXXHASH64><ChecksumMD5>y</ChecksumMD5><New/>')))[0]?.checksums, { XXHASH64: 'x', MD5: 'y' })
  t.same(parse(documentOf(part(1) + part(10000))).map(({ number }) => number), [1, 10000])
  t.end()
})

t.test('what is no list of parts', (t) => {
  const malformed = [
    ' ', '<x/>', documentOf(''), documentOf('<Other/>'), documentOf(part(1) + '<Quiet>true</Quiet>'), documentOf('<Part><ETag>a</ETag></Part>'),
    documentOf('<Part><PartNumber>1</PartNumber></Part>'), documentOf(part(1, '<ETag>b</ETag>')), documentOf(part('1e3')), documentOf(part('0x1')),
    documentOf(part('')), documentOf(part('1.5')), documentOf(part('NaN')), '<!DOCTYPE a>' + documentOf(part(1)), documentOf(part(1)).slice(0, -5),
  ]
  for (const xml of malformed) t.throws(() => parse(xml), { code: 'MalformedXML', status: 400 }, xml)
  t.throws(() => parse(''), { code: 'InvalidRequest', status: 400, message: 'You must specify at least one part' })
  for (const [number, message] of [['0', 'PartNumber must be >= 1'], ['-1', 'PartNumber must be >= 1'],
    ['10001', 'Part number must be an integer between 1 and 10000, inclusive'], ['2147483648', /inclusive$/]] as const) {
    const members = { ArgumentName: 'PartNumber', ArgumentValue: number }
    t.throws(() => parse(documentOf(part(number))), { code: 'InvalidArgument', message, members }, number)
  }
  for (const order of [[2, 1], [1, 1], [1, 3, 2]]) {
    t.throws(() => parse(documentOf(order.map((number) => part(number)).join(''))), { code: 'InvalidPartOrder' }, order.join())
  }
  t.end()
})

t.test('as many parts as an upload may have fit the bound of the body', (t) => {
  const sum = `<ChecksumSHA256>${'A'.repeat(43)}=</ChecksumSHA256>`
  const tag = `<ETag>&quot;${'0'.repeat(32)}&quot;</ETag>`
  const parts = Array.from({ length: limits.partsMax }, (_, i) => `<Part>${tag}${sum}<PartNumber>${i + 1}</PartNumber></Part>`)
  const xml = documentOf(parts.join('\n'))
  t.ok(xml.length < limits.completeXmlBytesMax)
  t.equal(parse(xml).length, limits.partsMax)
  t.end()
})
