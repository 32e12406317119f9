import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import fc from 'fast-check'
import t from 'tap'
import { Keys } from '../../lib/auth/keys'
import { verify } from '../../lib/auth/verify'
import { Head } from '../../lib/kit/head'
import { emptyHash, keyFile, keyId, now, secret } from '../support/signed-head'

/** What @smithy/signature-v4 asks of a hash. */
class Sha256 {
  private readonly hash

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', typeof key === 'string' ? key : bytesOf(key))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(typeof data === 'string' ? data : bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest())
  }

  reset(): void {
    throw new Error('the signer makes a new hash each time')
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

const signer = new SignatureV4({
  credentials: { accessKeyId: keyId, secretAccessKey: secret },
  region: 'us-east-1',
  service: 's3',
  sha256: Sha256,
  uriEscapePath: false,
  applyChecksum: false,
})
const keys = Keys.parse(keyFile)
// As the JS SDK spells a key; the query is spelled more loosely, with !'()* left bare.
const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const segment = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('', '.', '..', '%2F', "!'()*", '~+ &=?#'))
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.map(encodeStrictly).join('/'))
const name = fc.oneof(fc.constantFrom('acl', 'prefix', 'x-id', 'partNumber', 'response-content-type'), fc.string({ minLength: 1, maxLength: 4 }))
const query = fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 6 }), { maxKeys: 5, noNullPrototype: true })
  .filter((record) => !Object.keys(record).some((one) => one.startsWith('X-Amz')))
const meta = fc.string({ unit: fc.constantFrom('a', ' ', '\t', '=', ',', '"', '~'), minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== '')

interface Drawn { readonly key: string, readonly query: Record<string, string>, readonly meta: string }
const drawn = fc.record<Drawn>({ key, query, meta })
const targetOf = (path: string, parameters: Readonly<Record<string, unknown>>): string => {
  const pieces = Object.entries(parameters).map(([one, value]) => `${encodeURIComponent(one)}=${encodeURIComponent(String(value))}`)
  return pieces.length === 0 ? path : `${path}?${pieces.join('&')}`
}

t.test('every request that @smithy/signature-v4 signs verifies', async () => {
  await fc.assert(fc.asyncProperty(drawn, async ({ key, query, meta }) => {
    const path = `/bucket/${key}`
    const headers = { host: 'gateway.test', 'x-amz-content-sha256': emptyHash, 'x-amz-meta-m': meta, 'content-type': 'text/plain' }
    const request = { method: 'PUT', protocol: 'http:', hostname: 'gateway.test', path, query, headers }
    const signed = await signer.sign(request, { signingDate: new Date(now) })
    const head = new Head('PUT', targetOf(path, query), Object.entries(signed.headers).flat().map(latin1))
    return verify(head, { keys, now }).identity.kind === 'key'
  }), { seed: 11, numRuns: 400 })
})

t.test('every URL that @smithy/signature-v4 presigns verifies', async () => {
  await fc.assert(fc.asyncProperty(drawn, async ({ key, query, meta }) => {
    const path = `/bucket/${key}`
    const headers = { host: 'gateway.test', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', 'x-amz-meta-m': meta }
    const request = { method: 'GET', protocol: 'http:', hostname: 'gateway.test', path, query, headers }
    const signed = await signer.presign(request, { signingDate: new Date(now), expiresIn: 60 })
    const head = new Head('GET', targetOf(signed.path, signed.query ?? {}), Object.entries(signed.headers).flat())
    return verify(head, { keys, now }).identity.kind === 'key'
  }), { seed: 12, numRuns: 400 })
})
