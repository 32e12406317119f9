import { createHash, createHmac } from 'node:crypto'
import t from 'tap'
import { ChunkChain } from '../../lib/auth/chunk-chain'
import type { ChainSeed } from '../../lib/auth/grant'
import { published } from '../support/published-streaming'

const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')
const signingKey = mac(mac(mac(mac(`AWS4${published.secret}`, '20130524'), 'us-east-1'), 's3'), 'aws4_request')
const digests = published.chunkBytes.map((length) => sha256(Buffer.alloc(length, 'a')))

const seed = (signature: string, key: Buffer | undefined = signingKey): ChainSeed =>
  ({ signingKey: key, timestamp: published.timestamp, scope: published.scope, signature })
const at = (values: readonly string[], index: number): string => values[index] ?? t.bailout('the fixture is too short') ?? ''

t.test('verifies the published streaming example', (t) => {
  const chain = new ChunkChain(seed(published.streaming.seed))
  published.streaming.chunks.forEach((signature, index) => chain.verifyChunk(signature, at(digests, index)))
  t.throws(() => chain.verifyChunk(at(published.streaming.chunks, 2), at(digests, 2)), { code: 'SignatureDoesNotMatch' })
  t.end()
})

t.test('verifies the published trailer example to its trailer signature', (t) => {
  const { chunks, text, signature } = published.trailer
  const chain = new ChunkChain(seed(published.trailer.seed))
  chunks.forEach((link, index) => chain.verifyChunk(link, at(digests, index)))
  t.throws(() => chain.verifyTrailer(signature, sha256('x-amz-checksum-crc32c:sOO8/Q==')), { code: 'SignatureDoesNotMatch' })
  t.throws(() => chain.verifyChunk(signature, sha256(text)), { code: 'SignatureDoesNotMatch' }, 'a trailer is no chunk')
  chain.verifyTrailer(signature, sha256(text))
  t.end()
})

t.test('ST-01: a wrong signature, digest, order, seed, date or scope breaks the chain', (t) => {
  const [first, second] = [at(published.streaming.chunks, 0), at(published.streaming.chunks, 1)]
  const refusal = { code: 'SignatureDoesNotMatch', status: 403 }
  const good = seed(published.streaming.seed)
  t.throws(() => new ChunkChain(good).verifyChunk(`${first.slice(0, 63)}0`, at(digests, 0)), refusal)
  t.throws(() => new ChunkChain(good).verifyChunk(first, at(digests, 1)), refusal)
  t.throws(() => new ChunkChain(good).verifyChunk(second, at(digests, 1)), refusal)
  t.throws(() => new ChunkChain(seed(published.trailer.seed)).verifyChunk(first, at(digests, 0)), refusal)
  t.throws(() => new ChunkChain({ ...good, timestamp: '20130524T000001Z' }).verifyChunk(first, at(digests, 0)), refusal)
  t.throws(() => new ChunkChain({ ...good, scope: '20130524/us-east-2/s3/aws4_request' }).verifyChunk(first, at(digests, 0)), refusal)
  t.end()
})

t.test('a signature that is not 64 lower-case hex digits is refused, with and without a key', (t) => {
  for (const key of [signingKey, undefined]) {
    for (const bad of ['', 'ab', 'G'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `${'a'.repeat(64)}\n`]) {
      const chain = new ChunkChain(seed(published.streaming.seed, key))
      t.throws(() => chain.verifyChunk(bad, at(digests, 0)), { code: 'InvalidRequest', status: 400 }, JSON.stringify(bad))
      t.throws(() => chain.verifyTrailer(bad, at(digests, 0)), { code: 'InvalidRequest', status: 400 }, JSON.stringify(bad))
    }
  }
  t.end()
})

t.test('an open gateway takes any well-formed signature', (t) => {
  const { signingKey: dropped, ...rest } = seed(published.streaming.seed)
  t.ok(dropped)
  const chain = new ChunkChain({ ...rest, signingKey: undefined })
  t.doesNotThrow(() => chain.verifyChunk('0'.repeat(64), at(digests, 0)))
  t.doesNotThrow(() => chain.verifyTrailer('f'.repeat(64), at(digests, 0)))
  t.end()
})
