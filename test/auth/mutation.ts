import fc from 'fast-check'
import t from 'tap'
import { Keys } from '../../lib/auth/keys'
import { verify } from '../../lib/auth/verify'
import { Head } from '../../lib/kit/head'
import { S3Error } from '../../lib/s3/error'
import { keyFile, keyId, now, presigned, secret, signedFields } from '../support/signed-head'

/*
 * One character of a valid request is changed, cut out or doubled, anywhere: method, target, field names, field values. Either the
 * request is refused, or it still says the very same thing; and no refusal ever quotes the key.
 */

interface Request { readonly method: string, readonly target: string, readonly fields: readonly (readonly [string, string])[] }
type Change = { readonly at: number, readonly kind: 'cut' | 'double' | number }

const keys = Keys.parse(keyFile)
const target = '/bucket/a%20b/%C3%A9%2B%281%29//~x%2Fy?prefix=p%2Fq&acl&versionId=1&marker=a%20b'
const drafts: Request[] = [
  { method: 'PUT', target, fields: signedFields({ method: 'PUT', target, fields: [['x-amz-meta-a', 'b c'], ['range', 'bytes=0-9']] }) },
  { method: 'GET', ...presigned({ target, fields: [['x-amz-meta-a', 'b c']] }) },
]

/** A request as one list of texts, and back. */
const texts = ({ method, target, fields }: Request): string[] => [method, target, ...fields.flat()]
const headOf = ([method = '', target = '', ...fields]: readonly string[]): Head => new Head(method, target, fields)

function change(request: readonly string[], { at, kind }: Change): string[] {
  const total = request.reduce((sum, text) => sum + text.length, 0)
  let left = at % total
  return request.map((text) => {
    const here = left
    left -= text.length
    if (here < 0 || here >= text.length) return text
    const character = text.charAt(here)
    const instead = kind === 'cut' ? '' : kind === 'double' ? character + character : String.fromCharCode(character.charCodeAt(0) ^ (1 << kind))
    return text.slice(0, here) + instead + text.slice(here + 1)
  })
}

/** What a request says, apart from how it is spelled. Written without lib/auth. */
function meaning(request: readonly string[]): unknown {
  const head = headOf(request)
  const decode = (text: string): string => decodeURIComponent(text.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`))
  const pairs = head.query.split('&').filter((piece) => piece !== '').map((piece) => {
    const [name = '', ...value] = piece.replaceAll('+', ' ').split('=')
    return JSON.stringify([decode(name), decode(value.join('='))])
  })
  const fields = head.fields.map(([name, value]) => {
    const parts = name === 'authorization' ? value.split(/[ \t]*,[ \t]*|[ \t]+/) : [value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')]
    return JSON.stringify([name, ...parts])
  })
  return [head.method, decode(head.path), pairs.sort(), fields.sort()]
}

function sameMeaning(a: readonly string[], b: readonly string[]): boolean {
  try {
    return JSON.stringify(meaning(a)) === JSON.stringify(meaning(b))
  } catch {
    return false
  }
}

for (const draft of drafts) {
  const whole = texts(draft)
  t.test(`${draft.method}: the request itself is valid`, (t) => {
    t.equal(verify(headOf(whole), { keys, now }).identity.kind, 'key')
    t.end()
  })
  t.test(`AU-01, PS-04, LO-01: ${draft.method}: no change of one character is accepted or answered with a secret`, (t) => {
    const kind = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.constantFrom('cut' as const, 'double' as const))
    let refused = 0
    fc.assert(fc.property(fc.nat(10_000), kind, (at, how) => {
      const mutant = change(whole, { at, kind: how })
      try {
        const { identity } = verify(headOf(mutant), { keys, now })
        return identity.kind === 'key' && sameMeaning(whole, mutant)
      } catch (error) {
        if (!(error instanceof S3Error)) throw error
        refused++
        const said = [error.message, error.stack, JSON.stringify(error.members), JSON.stringify(error.headers)].join('\n')
        return !said.includes(secret) && !said.includes(keyId) && error.status >= 400 && error.status < 500
      }
    }), { seed: 20260102, numRuns: 4000 })
    t.ok(refused > 3000, `${refused} of 4000 changes were refused`)
    t.end()
  })
}

t.test('any text as an Authorization header or a query is answered, never thrown up', (t) => {
  const word = fc.constantFrom('AWS4-HMAC-SHA256', ' ', ',', '=', 'Credential', 'SignedHeaders', 'Signature', '/', 's3', 'aws4_request', '20260102',
    'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'X-Amz-Signature', '&', '%', '%ff', ';',
    'host', '\xff')
  const text = fc.array(word, { maxLength: 30 }).map((words) => words.join(''))
  fc.assert(fc.property(text, text, (authorization, query) => {
    for (const fields of [['host', 'h'], ['host', 'h', 'authorization', authorization, 'x-amz-date', '20260102T030405Z']]) {
      try {
        verify(new Head('GET', `/b/k?${query}`, fields), { keys, now })
        return false
      } catch (error) {
        if (!(error instanceof S3Error)) throw error
      }
    }
    return true
  }), { seed: 20260102, numRuns: 3000 })
  t.end()
})
