import { createHash, createHmac } from 'node:crypto'

/** Signs requests with SigV4 in the header, written apart from lib/auth so that the two can disagree. */
export class Signer {
  private readonly keyId: string
  private readonly key: Buffer
  private readonly scope: string
  readonly timestamp: string

  constructor(keyId: string, secret: string, now = new Date(), region = 'us-east-1') {
    this.keyId = keyId
    this.timestamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
    const day = this.timestamp.slice(0, 8)
    this.scope = `${day}/${region}/s3/aws4_request`
    this.key = [day, region, 's3', 'aws4_request'].reduce((key: Buffer, text) => hmac(key, text), Buffer.from(`AWS4${secret}`))
  }

  /**
   * Headers that make the request a signed one. `target` is raw: an encoded path, then perhaps `?` and parameters that are
   * sorted already. `payload` is a body's SHA-256 in hex or one of S3's words. Every header given is signed.
   */
  sign(method: string, target: string, payload: string, headers: Record<string, string>): Record<string, string> {
    const all: Record<string, string> = { ...headers, 'x-amz-date': this.timestamp, 'x-amz-content-sha256': payload }
    const names = Object.keys(all).map((name) => name.toLowerCase()).sort()
    const lower = new Map(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value.trim()]))
    const [path = '', query = ''] = target.split('?')
    const parameters = query === '' ? '' : query.split('&').map((pair) => pair.includes('=') ? pair : `${pair}=`).join('&')
    const canonical = [method, path, parameters, ...names.map((name) => `${name}:${lower.get(name) ?? ''}`), '', names.join(';'), payload].join('\n')
    const signature = hmac(this.key, ['AWS4-HMAC-SHA256', this.timestamp, this.scope, sha256(canonical)].join('\n')).toString('hex')
    return { ...all, authorization: `AWS4-HMAC-SHA256 Credential=${this.keyId}/${this.scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` }
  }

  /** Where the chunk-signature chain begins that the signed `headers` announce. */
  seed(headers: Record<string, string>): { signingKey: Buffer, timestamp: string, scope: string, signature: string } {
    const signature = (headers['authorization'] ?? '').split('Signature=')[1] ?? ''
    return { signingKey: this.key, timestamp: this.timestamp, scope: this.scope, signature }
  }

  /** A link of the chunk-signature chain. */
  signChunk(previous: string, chunk: Buffer): string {
    return hmac(this.key, ['AWS4-HMAC-SHA256-PAYLOAD', this.timestamp, this.scope, previous, sha256(''), sha256(chunk)].join('\n')).toString('hex')
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex')
}
