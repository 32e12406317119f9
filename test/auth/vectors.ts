import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Keys } from '../../lib/auth/keys'
import { verify } from '../../lib/auth/verify'
import { Head } from '../../lib/kit/head'

interface Fixture {
  readonly origin: string
  readonly keyId: string
  readonly secret: string
  readonly signedAt: string
  readonly requests: readonly { name: string, method: string, target: string, headers: readonly (readonly [string, string])[] }[]
}

const directory = join(__dirname, '../fixtures/sigv4')

for (const set of ['published.json', 'botocore.json']) {
  // The fixtures are our own files, and a wrong shape fails every test below.
  const fixture = JSON.parse(readFileSync(join(directory, set), 'utf8')) as Fixture
  const keys = Keys.parse(JSON.stringify({ keys: [{ id: fixture.keyId, secret: fixture.secret, name: 'fixture' }], anonymous: 'none' }))
  t.test(`${set}: every request verifies, and none with another method`, (t) => {
    const now = Date.parse(fixture.signedAt)
    t.ok(fixture.requests.length > 0)
    for (const { name, method, target, headers } of fixture.requests) {
      const head = new Head(method, target, headers.flat())
      t.equal(verify(head, { keys, now }).identity.kind, 'key', name)
      t.equal(verify(head, { keys: Keys.open, now }).identity.kind, 'anonymous', `${name}, open gateway`)
      const other = new Head(method === 'GET' ? 'PUT' : 'GET', target, headers.flat())
      t.throws(() => verify(other, { keys, now }), { code: 'SignatureDoesNotMatch', status: 403 }, `${name}, another method`)
    }
    t.end()
  })
}
