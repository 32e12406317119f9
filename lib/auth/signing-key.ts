import { createHmac } from 'node:crypto'
import { LRUCache } from 'lru-cache'

export interface Scope {
  /** `20130524` */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** `20130524/us-east-1/s3/aws4_request` */
export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`
}

/** The key that signs one day's requests to one region and service: four HMACs from the secret. */
export function deriveSigningKey(secret: string, scope: Scope): Buffer {
  const day = hmac(Buffer.from(`AWS4${secret}`, 'utf8'), scope.date)
  return hmac(hmac(hmac(day, scope.region), scope.service), 'aws4_request')
}

/** Derived keys by key id and scope. It belongs to one set of secrets and goes with it, so a changed secret never meets an old key. */
export class SigningKeyCache {
  private readonly derived = new LRUCache<string, Buffer>({ max: 1000 })

  get(keyId: string, secret: string, scope: Scope): Buffer {
    const name = `${keyId}\n${scopeText(scope)}`
    const known = this.derived.get(name)
    if (known !== undefined) return known
    const key = deriveSigningKey(secret, scope)
    this.derived.set(name, key)
    return key
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
