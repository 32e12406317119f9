import t from 'tap'
import { Keys } from '../../lib/auth/keys'
import { deriveSigningKey } from '../../lib/auth/signing-key'

const secret = 'canary-3b1d-secret'
const entry = { id: 'AKID', secret, name: 'Ann' }
const file = (value: unknown): string => typeof value === 'string' ? value : JSON.stringify(value)

t.test('a key file in full', (t) => {
  const keys = Keys.parse(file({ keys: [entry, { id: 'a/b+c=', secret: 'é', name: 'Ben', token: 'tok' }], anonymous: 'read' }))
  t.same(keys.find('AKID'), { ...entry, token: undefined })
  t.same(keys.find('a/b+c='), { id: 'a/b+c=', secret: 'é', name: 'Ben', token: 'tok' })
  t.equal(keys.find('akid'), undefined)
  t.equal(keys.find('__proto__'), undefined)
  t.equal(keys.anonymous, 'read')
  t.notOk(keys.isOpen)
  t.equal(Keys.parse(file({ keys: [entry] })).anonymous, 'none', 'nobody gets in by leaving a word out')
  t.equal(Keys.parse(file({ keys: [], anonymous: 'full' })).anonymous, 'full')
  t.ok(Keys.open.isOpen)
  t.end()
})

t.test('anything else names its place, and no value', (t) => {
  const cases: [value: unknown, message: string][] = [
    ['', 'the key file: not valid JSON'],
    [`{"keys": ["${secret}`, 'the key file: not valid JSON'],
    ['[]', 'the key file: expected an object'],
    ['null', 'the key file: expected an object'],
    [{}, 'keys: expected a list'],
    [{ keys: entry }, 'keys: expected a list'],
    [{ keys: [] }, 'keys: expected at least one key, or nobody could get in'],
    [{ keys: [entry], anonymous: 'write' }, 'anonymous: expected "none", "read" or "full"'],
    [{ keys: [entry], anonymous: true }, 'anonymous: expected "none", "read" or "full"'],
    [{ keys: [entry], anonymos: 'read' }, 'the key file: unknown member "anonymos"; expected keys, anonymous'],
    [{ keys: [entry], [secret]: 1 }, 'the key file: unknown member; expected keys, anonymous'],
    [{ keys: [secret] }, 'keys[0]: expected an object'],
    [{ keys: [{ ...entry, role: 'x' }] }, 'keys[0]: unknown member "role"; expected id, secret, name, token'],
    [{ keys: [{ secret, name: 'n' }] }, 'keys[0].id: missing'],
    [{ keys: [{ id: 'i', name: 'n' }] }, 'keys[0].secret: missing'],
    [{ keys: [{ id: 'i', secret }] }, 'keys[0].name: missing'],
    [{ keys: [{ ...entry, id: '' }] }, 'keys[0].id: expected 1 to 4096 printable characters'],
    [{ keys: [{ ...entry, id: 7 }] }, 'keys[0].id: expected 1 to 4096 printable characters'],
    [{ keys: [{ ...entry, id: 'a,b' }] }, 'keys[0].id: expected printable ASCII without blanks and commas'],
    [{ keys: [{ ...entry, id: 'é' }] }, 'keys[0].id: expected printable ASCII without blanks and commas'],
    [{ keys: [{ ...entry, secret: `${secret}\n` }] }, 'keys[0].secret: expected 1 to 4096 printable characters'],
    [{ keys: [{ ...entry, token: null }] }, 'keys[0].token: expected 1 to 4096 printable characters'],
    [{ keys: [entry, { ...entry, id: 'B' }, entry] }, 'keys[2].id: the same as keys[0].id'],
  ]
  for (const [value, message] of cases) t.throws(() => Keys.parse(file(value)), { message }, message)
  t.end()
})

t.test('a signing key is derived once for each scope, and anew with a new file', (t) => {
  const scope = { date: '20130524', region: 'us-east-1', service: 's3' }
  const load = (text: string) => {
    const keys = Keys.parse(file({ keys: [{ ...entry, secret: text }] }))
    const key = keys.find('AKID')
    if (key === undefined) throw new Error('the key was just put in')
    return { keys, key }
  }
  const { keys, key } = load(secret)
  t.equal(keys.signingKey(key, scope), keys.signingKey(key, { ...scope }), 'the same Buffer')
  t.same(keys.signingKey(key, scope), deriveSigningKey(secret, scope))
  t.notSame(keys.signingKey(key, scope), keys.signingKey(key, { ...scope, region: 'us-east-2' }))
  t.notSame(keys.signingKey(key, scope), keys.signingKey(key, { ...scope, date: '20130525' }))
  const reloaded = load('another')
  t.same(reloaded.keys.signingKey(reloaded.key, scope), deriveSigningKey('another', scope))
  t.end()
})
