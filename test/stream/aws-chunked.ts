import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { AwsChunked } from '../../lib/stream/aws-chunked'
import type { Framing } from '../../lib/stream/plan'
import { cutAt } from '../support/body-source'
import { encodeAwsChunked, testSeed, type EncodeOptions } from '../support/aws-chunked'
import { published } from '../support/published-streaming'

type Chunked = Extract<Framing, { kind: 'aws-chunked' }>

const trailer = { name: 'x-amz-checksum-crc32', value: 'y/Q5Jg==' }
const unsigned: Chunked = { kind: 'aws-chunked', chain: undefined, trailer: true, trailerName: undefined }
const announced: Chunked = { ...unsigned, trailerName: trailer.name }
const signed: Chunked = { kind: 'aws-chunked', chain: testSeed, trailer: false, trailerName: undefined }
const signedTrailer: Chunked = { kind: 'aws-chunked', chain: testSeed, trailer: true, trailerName: trailer.name }

const forms: ReadonlyArray<readonly [name: string, framing: Chunked, options: EncodeOptions]> = [
  ['unsigned, no trailer', unsigned, {}],
  ['unsigned with trailer', announced, { trailer }],
  ['signed', signed, { seed: testSeed }],
  ['signed with trailer', signedTrailer, { seed: testSeed, trailer }],
]

const body = Buffer.from(Array.from({ length: 9000 }, (_, i) => i * 7))
const chunks = [body.subarray(0, 8192), body.subarray(8192)]

function decode(framing: Chunked, pieces: readonly Buffer[]): { content: Buffer, trailer: string | undefined } {
  const content: Buffer[] = []
  let ended = 0
  const decoder = new AwsChunked(framing, { content: (bytes) => { content.push(bytes) }, contentEnd: () => { ended++ } })
  for (const piece of pieces) decoder.push(piece)
  decoder.end()
  if (ended !== 1) throw new Error('contentEnd is called once')
  return { content: Buffer.concat(content), trailer: decoder.trailerValue }
}

const text = (...lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1')
const incomplete = { code: 'IncompleteBody', status: 400, message: 'The request body terminated unexpectedly' }
const malformedTrailer = { code: 'MalformedTrailerError', status: 400 }

/** Which refusal a body deserves that ends there: a cut between two whole lines of the trailer misses a field, any other is a cut. */
function codeAt(wire: Buffer, end: number): string {
  const tail = wire.subarray(0, end).toString('latin1')
  if (/\r\n0(;[^\n]*)?\r\n$/.test(tail)) return tail.includes(';') ? 'SignatureDoesNotMatch' : 'MalformedTrailerError'
  return /x-amz-checksum[^\n]*\r\n$/.test(tail) ? 'SignatureDoesNotMatch' : 'IncompleteBody'
}

for (const [name, framing, options] of forms) {
  const wire = encodeAwsChunked(chunks, options)
  const small = encodeAwsChunked([Buffer.from('hello, world')], options)

  t.test(`ST-12: ${name}: whole, byte by byte, at every split, at random splits`, (t) => {
    const want = { content: body, trailer: options.trailer?.value }
    t.same(decode(framing, [wire]), want)
    t.same(decode(framing, cutAt(wire, ...wire.keys())), want)
    for (let at = 0; at <= small.length; at++) {
      const got = decode(framing, cutAt(small, at))
      if (got.content.toString() !== 'hello, world') t.fail(`split at ${at} gave ${got.content.toString()}`)
    }
    fc.assert(fc.property(fc.array(fc.nat(wire.length), { maxLength: 12 }), (places) => {
      const got = decode(framing, cutAt(wire, ...places))
      return got.content.equals(body) && got.trailer === want.trailer
    }), { numRuns: 100 })
    t.end()
  })

  t.test(`ST-02: ${name}: no proper prefix passes`, (t) => {
    // S3 takes a body whose closing empty line is missing, so the last two bytes may be gone together.
    for (let end = 0; end < small.length; end++) {
      const cut = () => decode(framing, [small.subarray(0, end)])
      if (end === small.length - 2) cut()
      else t.throws(cut, { code: codeAt(small, end) }, `${end} of ${small.length} bytes`)
    }
    t.end()
  })

  t.test(`ST-07: ${name}: nothing may follow the end`, (t) => {
    for (const extra of ['0\r\n\r\n', 'x', '\r\n', `5;chunk-signature=${'0'.repeat(64)}\r\nhello\r\n`]) {
      t.throws(() => decode(framing, [wire, Buffer.from(extra)]), { code: 'InvalidRequest', status: 400 })
    }
    t.end()
  })
}

t.test('reads the bodies that AWS publishes', (t) => {
  const mac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest()
  const signingKey = ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce(mac, Buffer.from(`AWS4${published.secret}`))
  const framed = (signatures: readonly string[]): string => published.chunkBytes.map((size, index) =>
    `${size.toString(16)};chunk-signature=${signatures[index]}\r\n${'a'.repeat(size)}${size === 0 ? '' : '\r\n'}`).join('')
  const content = Buffer.alloc(66_560, 'a')
  const chain = (example: { readonly seed: string }) => ({ signingKey, timestamp: published.timestamp, scope: published.scope, signature: example.seed })
  const plainWire = Buffer.from(`${framed(published.streaming.chunks)}\r\n`)
  t.equal(plainWire.length, 66_824)
  t.ok(decode({ ...signed, chain: chain(published.streaming) }, [plainWire]).content.equals(content))
  const { text: fields, signature } = published.trailer
  const trailerWire = Buffer.from(`${framed(published.trailer.chunks)}${fields}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`)
  const trailerFraming: Chunked = { ...signedTrailer, chain: chain(published.trailer), trailerName: 'x-amz-checksum-crc32c' }
  t.ok(decode(trailerFraming, [trailerWire]).content.equals(content))
  t.end()
})

t.test('an empty body is its last chunk alone', (t) => {
  for (const [, framing, options] of forms) t.equal(decode(framing, [encodeAwsChunked([], options)]).content.length, 0)
  t.end()
})

t.test('ST-01: a signature that fails, in any chunk, loses the body', (t) => {
  const wire = encodeAwsChunked([...chunks.slice(0, 1), ...chunks], { seed: testSeed })
  const mismatch = { code: 'SignatureDoesNotMatch', status: 403 }
  const places = [...wire.toString('latin1').matchAll(/chunk-signature=/g)].map((match) => match.index + match[0].length)
  t.equal(places.length, 4)
  for (const place of places) {
    const bad = Buffer.from(wire)
    bad[place] = bad[place] === 0x30 ? 0x31 : 0x30
    t.throws(() => decode(signed, [bad]), mismatch)
    t.throws(() => decode(signed, cutAt(bad, ...bad.keys())), mismatch)
  }
  const altered = Buffer.from(wire)
  altered[places[2] === undefined ? 0 : places[2] - 200] = 0xff
  t.throws(() => decode(signed, [altered]), mismatch, 'a byte of the content')
  t.throws(() => decode(signed, [encodeAwsChunked(chunks)]), incomplete, 'no signatures at all')
  t.throws(() => decode(signed, [text('5;chunk-signature=', 'hello', '0;chunk-signature=', '', '')]), incomplete)
  t.end()
})

t.test('without a key, signatures need only be well formed', (t) => {
  const open: Chunked = { ...signedTrailer, chain: { ...testSeed, signingKey: undefined } }
  const other = { ...testSeed, signingKey: Buffer.from('someone else') }
  t.same(decode(open, [encodeAwsChunked(chunks, { seed: other, trailer })]), { content: body, trailer: trailer.value })
  t.throws(() => decode(open, [text('5;chunk-signature=abc', 'hello', '')]), { code: 'InvalidRequest' })
  t.end()
})

t.test('ST-04: every chunk but the last has 8,192 bytes', (t) => {
  const parts = [8192, 8191, 5].map((size) => Buffer.alloc(size, 'x'))
  for (const seed of [undefined, testSeed]) {
    const options = seed === undefined ? {} : { seed }
    t.throws(() => decode(seed === undefined ? unsigned : signed, [encodeAwsChunked(parts, options)]), {
      code: 'InvalidChunkSizeError', status: 403, members: { Chunk: '3', BadChunkSize: '8191' },
    })
  }
  t.equal(decode(unsigned, [encodeAwsChunked(parts.slice(0, 2))]).content.length, 8192 + 8191)
  t.end()
})

t.test('ST-05: size lines', (t) => {
  const bad = ['', ' ', '+5', '-5', '0x5', '5 5', 'g', '00000000000000005', '5;', 'ffffffffffffffff', '5\t\r',
    `5;chunk-signature=${'0'.repeat(64)}`]
  for (const line of bad) t.throws(() => decode(unsigned, [text(line, 'hello', '0', '', '')]), incomplete, JSON.stringify(line))
  t.throws(() => decode(unsigned, [Buffer.from('5\nhello\n0\n\n')]), incomplete, 'bare LF')
  t.throws(() => decode(unsigned, [Buffer.from('5\rhello\r0\r\r')]), incomplete, 'bare CR')
  t.throws(() => decode(unsigned, [text('5', 'helloo', '0', '', '')]), incomplete, 'no CRLF behind the content')
  t.throws(() => decode(unsigned, [Buffer.from('5\r\nhello\rx')]), incomplete)
  const long = Buffer.alloc(2048, '5')
  t.throws(() => decode(unsigned, [long]), incomplete, 'a line without an end')
  t.throws(() => decode(unsigned, cutAt(long, ...long.keys())), incomplete)
  t.equal(decode(unsigned, [text('0000000000000005 ', 'hello', '0', '', '')]).content.toString(), 'hello')
  const spaced = encodeAwsChunked(chunks, { seed: testSeed }).toString('latin1').replaceAll(';chunk-signature=', ' ; chunk-signature = ')
  t.same(decode(signed, [Buffer.from(spaced, 'latin1')]).content, body)
  const extended = encodeAwsChunked(chunks, { seed: testSeed }).toString('latin1').replace('\r\n', ';more=1\r\n')
  t.throws(() => decode(signed, [Buffer.from(extended, 'latin1')]), incomplete)
  t.end()
})

t.test('ST-06: a size line allocates nothing', (t) => {
  const decoder = new AwsChunked(signed, { content: () => undefined, contentEnd: () => undefined })
  const before = process.memoryUsage()
  decoder.push(Buffer.from(`140000000;chunk-signature=${'0'.repeat(64)}\r\nabc`))
  const after = process.memoryUsage()
  t.ok(after.arrayBuffers + after.external - before.arrayBuffers - before.external < 1024 * 1024)
  t.throws(() => decoder.end(), incomplete)
  t.end()
})

t.test('ST-08: trailers', (t) => {
  const behind = (...lines: readonly string[]) => [text('5', 'hello', '0', ...lines, '', '')]
  const line = `${trailer.name}:${trailer.value}`
  t.equal(decode(announced, behind(`X-Amz-Checksum-CRC32 :  ${trailer.value} `)).trailer, trailer.value)
  t.equal(decode(announced, behind(`${line}\n`)).trailer, trailer.value, 'a field that ends with LF CRLF')
  t.equal(decode(announced, [text('5', 'hello', '0', line, '')]).trailer, trailer.value, 'no closing line')
  t.throws(() => decode(announced, behind()), malformedTrailer, 'missing')
  t.throws(() => decode(announced, behind('', line)), malformedTrailer, 'behind the closing line')
  t.throws(() => decode(announced, behind('x-amz-checksum-crc32c:yZRlqg==')), malformedTrailer, 'another name')
  t.throws(() => decode(announced, behind(line, line)), malformedTrailer, 'twice')
  t.throws(() => decode(announced, behind(line, 'x-amz-meta-a:b')), malformedTrailer, 'one more')
  t.throws(() => decode(announced, behind('no colon')), malformedTrailer)
  t.throws(() => decode(announced, behind('0')), malformedTrailer, 'a second last chunk')
  t.throws(() => decode(announced, behind(line, `x-amz-trailer-signature:${'0'.repeat(64)}`)), malformedTrailer, 'a signature, unsigned')
  t.throws(() => decode(unsigned, behind(line)), malformedTrailer, 'not announced')
  t.throws(() => decode(announced, [text('5', 'hello', '0', `${trailer.name}:${'y'.repeat(5000)}`, '', '')]), incomplete, 'too long')
  t.throws(() => decode(announced, behind(...Array.from({ length: 400 }, () => `${trailer.name}:a`))), malformedTrailer, 'too many')
  t.throws(() => decode(announced, [Buffer.from(`0\r\n${line}\n`)]), incomplete, 'LF alone')
  const last = encodeAwsChunked([], { seed: testSeed }).subarray(0, -2)
  t.throws(() => decode(signed, [last, text(line, '', '')]), { code: 'InvalidRequest' })
  t.end()
})

t.test('ST-09: a trailer signature that is wrong or missing', (t) => {
  const mismatch = { code: 'SignatureDoesNotMatch', status: 403 }
  const good = encodeAwsChunked(chunks, { seed: testSeed, trailer }).toString('latin1')
  const from = (wire: string): Buffer[] => [Buffer.from(wire, 'latin1')]
  t.throws(() => decode(signedTrailer, from(good.replace(/x-amz-trailer-signature:.*\r\n/, ''))), mismatch)
  t.throws(() => decode(signedTrailer, from(good.replace(/(x-amz-trailer-signature:).*\r\n/, `$1${'0'.repeat(64)}\r\n`))), mismatch)
  t.throws(() => decode(signedTrailer, from(good.replace(trailer.value, 'AAAAAA=='))), mismatch)
  t.throws(() => decode(signedTrailer, from(good.replace(/(x-amz-checksum.*\r\n)(x-amz-trailer.*\r\n)/, '$2$1'))), malformedTrailer)
  const bare = encodeAwsChunked(chunks, { seed: testSeed, signedTrailer: true })
  t.same(decode({ ...signedTrailer, trailerName: undefined }, [bare]).content, body, 'an empty trailer, signed')
  t.throws(() => decode({ ...signedTrailer, trailerName: undefined }, [encodeAwsChunked(chunks, { seed: testSeed })]), mismatch)
  t.end()
})
