import { createHash, createHmac } from 'node:crypto'
import { Head } from '../../lib/kit/head'

type Field = readonly [name: string, value: string]

/** A request to sign; what is left out is what a plain client would send. Written apart from lib/auth, so that the two can disagree. */
interface Draft {
  readonly method?: string
  /** Raw, its path and its parameters spelled canonically. */
  readonly target?: string
  readonly fields?: readonly Field[]
  /** Value of x-amz-content-sha256; null for none (and UNSIGNED-PAYLOAD signed). */
  readonly hash?: string | null
  readonly timestamp?: string
  readonly keyId?: string
  readonly secret?: string
  /** Between date and terminal: `us-east-1/s3`. */
  readonly place?: string
  /** The fields to sign; every one by default. */
  readonly signedNames?: readonly string[]
  readonly expires?: string
}

export const now = Date.UTC(2026, 0, 2, 3, 4, 5)
export const keyId = 'AKIDTEST'
export const secret = 'canary-7f3e5a91c0de-secret'
export const emptyHash = createHash('sha256').digest('hex')
export const keyFile = JSON.stringify({ keys: [{ id: keyId, secret, name: 'tester' }], anonymous: 'none' })

export const stampOf = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '')
const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Raw header fields of a request signed in its Authorization header. */
export function signedFields(draft: Draft = {}): Field[] {
  const { method = 'GET', target = '/bucket/key', hash = emptyHash, timestamp = stampOf(now) } = draft
  const fields: Field[] = [['Host', 'gateway.test'], ['x-amz-date', timestamp], ...draft.fields ?? []]
  if (hash !== null) fields.push(['x-amz-content-sha256', hash])
  const names = signedNames(draft, fields)
  const scope = scopeOf(draft, timestamp)
  const signature = signatureOf({ method, target, fields, names, hash: hash ?? 'UNSIGNED-PAYLOAD', timestamp, scope, secret: draft.secret ?? secret })
  const authorization = `AWS4-HMAC-SHA256 Credential=${draft.keyId ?? keyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return [...fields, ['Authorization', authorization]]
}

export function signedHead(draft: Draft = {}): Head {
  return new Head(draft.method ?? 'GET', draft.target ?? '/bucket/key', signedFields(draft).flat())
}

/** The target of a presigned URL, and the fields that belong to it. */
export function presigned(draft: Draft = {}): { target: string, fields: Field[] } {
  const { method = 'GET', target = '/bucket/key', hash = null, timestamp = stampOf(now) } = draft
  const fields: Field[] = [['Host', 'gateway.test'], ...draft.fields ?? []]
  if (hash !== null) fields.push(['x-amz-content-sha256', hash])
  const names = signedNames(draft, fields)
  const scope = scopeOf(draft, timestamp)
  const parameters = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${draft.keyId ?? keyId}/${scope}`,
    'X-Amz-Date': timestamp,
    'X-Amz-Expires': draft.expires ?? '3600',
    'X-Amz-SignedHeaders': names.join(';'),
  }
  const added = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const whole = `${target}${target.includes('?') ? '&' : '?'}${added}`
  const signature = signatureOf({
    method, target: whole, fields, names, hash: hash ?? 'UNSIGNED-PAYLOAD', timestamp, scope, secret: draft.secret ?? secret,
  })
  return { target: `${whole}&X-Amz-Signature=${signature}`, fields }
}

export function presignedHead(draft: Draft = {}): Head {
  const { target, fields } = presigned(draft)
  return new Head(draft.method ?? 'GET', target, fields.flat())
}

function signedNames(draft: Draft, fields: readonly Field[]): readonly string[] {
  return draft.signedNames ?? [...new Set(fields.map(([name]) => name.toLowerCase()))].sort()
}

function scopeOf(draft: Draft, timestamp: string): string {
  return `${timestamp.slice(0, 8)}/${draft.place ?? 'us-east-1/s3'}/aws4_request`
}

interface Parts {
  readonly method: string
  readonly target: string
  readonly fields: readonly Field[]
  readonly names: readonly string[]
  readonly hash: string
  readonly timestamp: string
  readonly scope: string
  readonly secret: string
}

function signatureOf({ method, target, fields, names, hash, timestamp, scope, secret }: Parts): string {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const pieces = mark === -1 ? [] : target.slice(mark + 1).split('&').map((piece) => piece.includes('=') ? piece : `${piece}=`)
  const lines = names.map((name) => {
    const values = fields.filter((field) => field[0].toLowerCase() === name).map((field) => field[1])
    return `${name}:${values.join(',')}\n`
  })
  const canonical = [method, path, pieces.sort().join('&'), lines.join(''), names.join(';'), hash].join('\n')
  const digest = createHash('sha256').update(canonical, 'latin1').digest('hex')
  const key = scope.split('/').reduce<string | Buffer>((previous, text) => mac(previous, text), `AWS4${secret}`)
  return mac(key, `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${digest}`).toString('hex')
}
