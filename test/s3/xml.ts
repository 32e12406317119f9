import fc from 'fast-check'
import t from 'tap'
import { limits } from '../../lib/limits'
import * as createBucketRequest from '../../lib/s3/create-bucket-request'
import * as deleteRequest from '../../lib/s3/delete-request'
import { S3Error } from '../../lib/s3/error'
import { errorReply } from '../../lib/s3/error-reply'
import * as reader from '../../lib/s3/read-xml'
import { element, xmlDocument, xmlReply } from '../../lib/s3/xml'
import { atOnce } from '../support/at-once'

const readXml = (body: Buffer, root: string) => atOnce(reader.readXml(body, root))
const parseDeleteRequest = (body: Buffer) => atOnce(deleteRequest.parseDeleteRequest(body))
const parseCreateBucketRequest = (body: Buffer) => atOnce(createBucketRequest.parseCreateBucketRequest(body))

const malformed = new S3Error('MalformedXML')

t.test('writes elements that can be found by substring', (t) => {
  t.equal(element('Key', 'a<b>&"c\'\r\n\x01\ufffe'), '<Key>a&lt;b&gt;&amp;&quot;c\'&#13;\n&#x1;&#xfffe;</Key>')
  t.equal(element('Size', 0) + element('IsTruncated', false), '<Size>0</Size><IsTruncated>false</IsTruncated>')
  const reply = xmlReply('R', element('A', 'ü'), [['x', 'y']])
  t.strictSame(reply.headers, [['Content-Type', 'application/xml'], ['x', 'y']])
  t.equal(reply.body.kind === 'bytes' && reply.body.bytes.toString(),
    '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><A>ü</A></R>')
  t.end()
})

t.test('any text but NUL is read back as it was written', (t) => {
  const special = fc.constantFrom('\x01', '\x1f', '\x7f', '\x85', '\u2028', '\ufffe', '\uffff', '&', ';', '#')
  const unit = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), special)
  const text = fc.string({ unit, maxLength: 200 }).filter((s) => !s.includes('\0'))
  fc.assert(fc.property(text, (s) => {
    t.equal(readXml(Buffer.from(xmlDocument('R', element('A', s))), 'R').children[0]?.text, s)
  }), { seed: 1, numRuns: 200 })
  t.end()
})

t.test('an error document, in the order of S3', (t) => {
  const error = new S3Error('NoSuchKey', { Key: 'a&b' })
  const context = { resource: '/b/a%26b', requestId: 'R1', hostId: 'H1', head: false }
  const reply = errorReply(error, context)
  t.equal(reply.status, 404)
  t.equal(reply.body.kind === 'bytes' && reply.body.bytes.toString(), '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key>' +
    '<Resource>/b/a%26b</Resource><RequestId>R1</RequestId><HostId>H1</HostId></Error>')
  const noBucket = errorReply(new S3Error('NoSuchBucket'), { ...context, bucket: 'b' })
  t.match(noBucket.body.kind === 'bytes' && noBucket.body.bytes.toString(), '<BucketName>b</BucketName><Resource>')
  const facts = { ...context, bucket: 'b', key: 'k', uploadId: 'u' }
  const contentOf = (code: 'InvalidPart' | 'NoSuchKey' | 'NoSuchUpload', members = {}): string => {
    const { body } = errorReply(new S3Error(code, members), facts)
    return body.kind === 'bytes' ? body.bytes.toString().replace(/^.*<\/Message>|<Resource>.*$/gs, '') : ''
  }
  t.equal(contentOf('NoSuchKey'), '<Key>k</Key>')
  t.equal(contentOf('NoSuchKey', { Key: 'source' }), '<Key>source</Key>', 'the source of a copy')
  t.equal(contentOf('NoSuchUpload'), '<UploadId>u</UploadId>')
  t.equal(contentOf('InvalidPart', { PartNumber: '1', ETag: 'e' }), '<UploadId>u</UploadId><PartNumber>1</PartNumber><ETag>e</ETag>')
  t.strictSame(errorReply(error, { ...context, head: true }), { status: 404, headers: [], body: { kind: 'none' } })
  t.strictSame(errorReply(new S3Error('SlowDown'), { ...context, head: true }).headers, [['Retry-After', '1']])
  t.end()
})

t.test('reads bodies with and without a namespace, references and CDATA decoded', (t) => {
  const quiet = '<Quiet>true</Quiet><Object><Key>a&amp;b</Key></Object>'
  for (const xml of [
    `<Delete>${quiet}</Delete>`,
    `<?xml version="1.0" encoding="utf-8"?>\n<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${quiet}</Delete>\n`,
    `<?xml version="1.0"?><s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">${quiet.replace(/<(\/?)/g, '<$1s3:')}</s3:Delete>`,
    `<a:Delete xmlns:a="http://s3.amazonaws.com/doc/2006-03-01/" xmlns="urn:x"><a:Quiet>true</a:Quiet><Object><_.-9:Key>a&amp;b</_.-9:Key></Object></a:Delete>`,
    '\ufeff<Delete>\n <Quiet> TRUE </Quiet>\n <!-- c --><Object>\n<Key><![CDATA[a&b]]></Key></Object></Delete>',
  ]) t.strictSame(parseDeleteRequest(Buffer.from(xml)), { quiet: true, objects: [{ key: 'a&b' }] }, xml)
  const all = '<Object><Key> k </Key><VersionId>v</VersionId><ETag>&quot;e&quot;</ETag><Size>1</Size><LastModifiedTime>d</LastModifiedTime></Object>'
  t.strictSame(parseDeleteRequest(Buffer.from(`<Delete>${all}</Delete>`)), {
    quiet: false, objects: [{ key: ' k ', versionId: 'v', etag: '"e"', size: '1', lastModifiedTime: 'd' }],
  })
  t.throws(() => parseDeleteRequest(Buffer.alloc(0)), { code: 'MissingRequestBodyError', status: 400, message: 'Request Body is empty' })
  t.end()
})

t.test('references name any character but NUL', (t) => {
  const keyOf = (text: string): string | undefined => parseDeleteRequest(Buffer.from(`<Delete><Object><Key>${text}</Key></Object></Delete>`)).objects[0]?.key
  for (const [text, key] of [
    ['&#x1;&#000000001;&#31;&#x0000000b;&#xB;', '\x01\x01\x1f\x0b\x0b'], ['&#xfffe;&#xFFFF;&#65535;', '\ufffe\uffff\uffff'],
    ['&#9;&#10;&#13;&#x7f;', '\t\n\r\x7f'],
    ['\x85\u2028&#x85;&#x2028;', '\x85\u2028\x85\u2028'], ['<![CDATA[&#x1;]]>', '&#x1;'], ['&amp;#x1;', '&#x1;'], ['a<!-- &#x1; -->b', 'ab'],
    ['<!-- <![CDATA[ -->&#x1;<!-- ]]> -->', '\x01'], ['<![CDATA[<!--]]>&#x1;<![CDATA[-->]]>', '<!--\x01-->'], ['<?p &#x1; ?>a', 'a'], ['&#x1f600;', '😀'],
  ] as const) t.equal(keyOf(text), key, encodeURIComponent(text))
  for (const text of [
    '&#0;', '&#x0;', '&#x000;', '&#xd800;', '&#xdfff;', '&#x110000;', '&#99999999;', '&#x;', '&#;', '&#x1', '&#1x;', '&#X1;', '&#-1;', '&x1;', '&beyond-xml-1;',
    '&#x1;&beyond-xml-1;', '\x01', '\x1f', '\x0b', '\ufffe', '\uffff', '<!-- \x01 -->', '<![CDATA[\x01]]>', '\x01&#x1;', '<!-- -- &#x1; -->',
  ]) t.throws(() => keyOf(text), malformed, encodeURIComponent(text))
  t.throws(() => readXml(Buffer.from('<R>' + '<!--'.repeat(200_000) + '&#x1;'), 'R'), malformed)
  for (const [open, close] of [['<!--', '-->'], ['<![CDATA[', ']]>'], ['<?p ', '?>']] as const) {
    t.throws(() => readXml(Buffer.from(`<R>${open}${'x'.repeat(4200)}${close}</R>`), 'R'), malformed, 'a long one is not read at all')
  }
  t.end()
})

t.test('refuses everything that is not the document asked for', (t) => {
  const one = '<Object><Key>k</Key></Object>'
  const nested = `${'<a>'.repeat(60_000)}${'</a>'.repeat(60_000)}`
  for (const xml of [
    ' ', 'x', '<Delete>', '<Delete/>', '<Other/>', `<Delete>${one}</Delete>x`, `<Delete>${one}</Delete><Delete/>`,
    `<!DOCTYPE Delete [<!ENTITY x "y">]><Delete>${one}</Delete>`, `<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete>${one}</Delete>`,
    `<?xml version="1.1"?><Delete>${one}</Delete>`, '<?xml version="1.1"?><Delete><Object><Key>&#1;</Key></Object></Delete>',
    `<?xml version="1.0" encoding="utf-16"?><Delete>${one}</Delete>`, '<Delete><Object><Key>&x;</Key></Object></Delete>',
    '<Delete><Object><Key>\x01</Key></Object></Delete>', '<Delete><Object></Object></Delete>', '<Delete><Object><Key></Key></Object></Delete>',
    '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>', '<Delete><Object><Key>a</Key><If>b</If></Object></Delete>',
    `<Delete><Quiet>maybe</Quiet>${one}</Delete>`, `<Delete>${one}<constructor/></Delete>`, '<Delete><Object><Key>a</Key><constructor/></Object></Delete>',
    `<Delete>${one.repeat(1001)}</Delete>`, nested, `<Delete>${nested}</Delete>`,
    `<Delete ${Array.from({ length: 9 }, (_, i) => `a${i}="x"`).join(' ')}>${one}</Delete>`,
    `<Delete a="${'x'.repeat(5000)}">${one}</Delete>`, `<Delete><Object><Key>${'x'.repeat(5000)}</Key></Object></Delete>`,
  ]) t.throws(() => parseDeleteRequest(Buffer.from(xml)), malformed, xml.slice(0, 80))
  t.throws(() => parseDeleteRequest(Buffer.from(`<Delete>${one}</Delete>`, 'utf16le')), malformed)
  const notUtf8 = Buffer.from('<Delete><Object><Key>\xff</Key></Object></Delete>', 'latin1')
  t.throws(() => parseDeleteRequest(notUtf8), malformed)
  t.equal(parseDeleteRequest(Buffer.from(`<Delete>${one.repeat(1000)}</Delete>`)).objects.length, 1000)
  t.end()
})

t.test('no document has more elements than the largest of S3', (t) => {
  const nodes = (count: number): Buffer => Buffer.from(`<R>${'<a/>'.repeat(count)}</R>`)
  t.equal(readXml(nodes(limits.xmlElementsMax - 1), 'R').children.length, limits.xmlElementsMax - 1)
  t.throws(() => readXml(nodes(limits.xmlElementsMax), 'R'), malformed)
  t.equal(readXml(Buffer.from('<R>a<b/> c</R>'), 'R').text, 'a c', 'text that is not layout is kept across children')
  t.equal(readXml(Buffer.from(`<R>${`${' '.repeat(4000)}<a/>`.repeat(3)}</R>`), 'R').children.length, 3, 'layout is not')
  t.end()
})

t.test('the body of CreateBucket', (t) => {
  t.equal(parseCreateBucketRequest(Buffer.alloc(0)), '')
  t.equal(parseCreateBucketRequest(Buffer.from('<CreateBucketConfiguration/>')), '')
  const document = (content: string): Buffer => Buffer.from(`<CreateBucketConfiguration>${content}</CreateBucketConfiguration>`)
  t.equal(parseCreateBucketRequest(document('<LocationConstraint>eu-west-1</LocationConstraint>')), 'eu-west-1')
  const notBuilt = new S3Error('NotImplemented', {}, { message: 'The element Tags is not implemented.' })
  t.throws(() => parseCreateBucketRequest(document('<Tags/>')), notBuilt)
  t.throws(() => parseCreateBucketRequest(Buffer.from('<CreateBucketConfiguration><X/></CreateBucketConfiguration>')), malformed)
  t.end()
})

t.test('a document in slices is read as it is whole, wherever they end, and pauses between them', (t) => {
  const slice = 7
  // What is mocked is the module itself, with one bound that is shorter.
  const short = { '../../lib/limits': { limits: { ...limits, xmlSliceBytes: slice } } }
  const sliced = t.mockRequire('../../lib/s3/read-xml', short) as typeof reader
  const markup = ['<a>', '</a>', '<b x="&#1;ü"/>', '&#x1;', '&#20013;', '&amp;', '中', '😀', '\r\n', '<!-- &#1; <a> -->', '<![CDATA[&#1;]]]]>', '<?p &#1; ?>',
    '&#x00000000001f;', '&beyond-xml-1;', '&', '<', '<!--', '<![CDATA[', ']]>', '-->', '?>', '\u{1}', ' '.repeat(40), 'x']
  const result = (read: () => unknown): string => {
    try {
      return JSON.stringify(read())
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error)
    }
  }
  fc.assert(fc.property(fc.array(fc.constantFrom(...markup), { maxLength: 30 }), (pieces) => {
    const body = Buffer.from(`<R>${pieces.join('')}</R>`)
    const [inSlices, whole] = [result(() => atOnce(sliced.readXml(body, 'R'))), result(() => readXml(body, 'R'))]
    if (inSlices !== whole) throw new Error(`${whole}, in slices ${inSlices}`)
  }), { seed: 3, numRuns: 2000 })
  const wellFormed = fc.constantFrom(...markup.filter((piece) => /^(?:<b.*>|&.*[0-9p];|<(?:!--|!\[|\?).+>|中|😀|\s+|x)$/.test(piece) && !piece.startsWith('&b')))
  fc.assert(fc.property(fc.array(wellFormed, { maxLength: 30 }), (pieces) => {
    const body = Buffer.from(`<R>${pieces.join('')}</R>`)
    const inSlices = JSON.stringify(atOnce(sliced.readXml(body, 'R')))
    if (inSlices !== JSON.stringify(readXml(body, 'R'))) throw new Error(inSlices)
    if ([...sliced.readXml(body, 'R')].length !== Math.ceil(body.length / slice) - 1) throw new Error('no pause')
  }), { seed: 4, numRuns: 500 })
  t.pass()
  t.end()
})
