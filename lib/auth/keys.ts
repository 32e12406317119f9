import { type Scope, SigningKeyCache } from './signing-key'

/** One key of the key file. */
interface Key {
  readonly id: string
  readonly secret: string
  /** For people: logs and metrics show it instead of the id. */
  readonly name: string
  /** The PFS token that requests signed with this key act as, where PFS auth is on. */
  readonly token: string | undefined
}

type AnonymousAccess = 'none' | 'read' | 'full'

const keyMembers = ['id', 'secret', 'name', 'token']
const anonymousWords: readonly unknown[] = ['none', 'read', 'full'] satisfies AnonymousAccess[]
// An id stands between `Credential=` and a comma; a slash in it is told from those of the scope by counting from the right.
const idText = /^[\x21-\x2b\x2d-\x7e]{1,1024}$/
const printable = /^[^\x00-\x1f\x7f]{1,4096}$/

/**
 * Whom the gateway knows. Immutable: a key file that is read again makes a new value, and with it an empty cache of derived keys.
 */
export class Keys {
  readonly anonymous: AnonymousAccess
  readonly isOpen: boolean
  /** No key file: everyone is let in, signed or not. */
  static readonly open = new Keys([], 'full', true)

  private readonly byId: ReadonlyMap<string, Key>
  private readonly signingKeys = new SigningKeyCache()

  private constructor(keys: readonly Key[], anonymous: AnonymousAccess, isOpen: boolean) {
    this.anonymous = anonymous
    this.isOpen = isOpen
    this.byId = new Map(keys.map((key) => [key.id, key]))
  }

  /**
   * The keys of a key file's text. Throws an Error whose message names the place and what is expected there, and quotes no value of
   * the file, since any may be a secret.
   */
  static parse(text: string): Keys {
    const file = members(parseJson(text), 'the key file', ['keys', 'anonymous'])
    const anonymous = file['anonymous'] ?? 'none'
    if (!isAnonymousAccess(anonymous)) throw new Error('anonymous: expected "none", "read" or "full"')
    const list = file['keys']
    if (!Array.isArray(list)) throw new Error('keys: expected a list')
    const keys = list.map((entry: unknown, index) => parseKey(entry, `keys[${index}]`))
    if (keys.length === 0 && anonymous === 'none') throw new Error('keys: expected at least one key, or nobody could get in')
    const first = new Map<string, number>()
    for (const [index, { id }] of keys.entries()) {
      const other = first.get(id)
      if (other !== undefined) throw new Error(`keys[${index}].id: the same as keys[${other}].id`)
      first.set(id, index)
    }
    return new Keys(keys, anonymous, false)
  }

  find(id: string): Key | undefined {
    return this.byId.get(id)
  }

  /** The key that signs requests of this scope. */
  signingKey(key: Key, scope: Scope): Buffer {
    return this.signingKeys.get(key.id, key.secret, scope)
  }
}

function parseKey(value: unknown, place: string): Key {
  const entry = members(value, place, keyMembers)
  const id = text(entry, 'id', place)
  if (!idText.test(id)) throw new Error(`${place}.id: expected printable ASCII without blanks and commas`)
  return {
    id,
    secret: text(entry, 'secret', place),
    name: text(entry, 'name', place),
    token: entry['token'] === undefined ? undefined : text(entry, 'token', place),
  }
}

function text(entry: Readonly<Record<string, unknown>>, name: string, place: string): string {
  const value = entry[name]
  if (value === undefined) throw new Error(`${place}.${name}: missing`)
  if (typeof value !== 'string' || !printable.test(value)) throw new Error(`${place}.${name}: expected 1 to 4096 printable characters`)
  return value
}

function members(value: unknown, place: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${place}: expected an object`)
  const stranger = Object.keys(value).find((name) => !known.includes(name))
  if (stranger !== undefined) {
    // A short word is a slip of the pen and worth naming; anything else may be a key or a token in the wrong place.
    const named = /^[A-Za-z_-]{1,20}$/.test(stranger) ? ` "${stranger}"` : ''
    throw new Error(`${place}: unknown member${named}; expected ${known.join(', ')}`)
  }
  // A JSON object has string keys; its values stay unknown until they are looked at.
  return value as Readonly<Record<string, unknown>>
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the file.
    throw new Error('the key file: not valid JSON')
  }
}

function isAnonymousAccess(value: unknown): value is AnonymousAccess {
  return anonymousWords.includes(value)
}
