import https from 'node:https'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { type Certificate, selfSigned } from './certificate'
import { type RunningServer, startServer } from './server'

export interface Endpoint {
  readonly server: RunningServer
  readonly certificate: Certificate | undefined
  /** An unmodified client: nothing but the address, path style and, over https, the authority. */
  client(id?: string, secret?: string): S3Client
}

/** A running server and how a client reaches it. */
export async function startEndpoint(directory: string, scheme: 'http' | 'https', flags: readonly string[] = []): Promise<Endpoint> {
  const certificate = scheme === 'https' ? selfSigned() : undefined
  const tls: string[] = []
  if (certificate !== undefined) {
    for (const part of ['cert', 'key'] as const) {
      const file = join(directory, `tls-${part}.pem`)
      writeFileSync(file, certificate[part], { mode: 0o600 })
      tls.push(`--tls-${part}`, file)
    }
  }
  const server = await startServer(join(directory, `data-${scheme}`), [...tls, ...flags])
  return {
    server,
    certificate,
    client: (accessKeyId = 'any', secretAccessKey = 'any') => new S3Client({
      endpoint: server.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
      ...certificate === undefined ? {} : { requestHandler: { httpsAgent: new https.Agent({ ca: certificate.cert, keepAlive: true, maxSockets: 50 }) } },
    }),
  }
}

/** What a call was refused with: `status Code`; or `none`. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'none'
  } catch (error) {
    if (error instanceof S3ServiceException) return `${String(error.$metadata.httpStatusCode)} ${error.name}`
    throw error
  }
}

/** Bytes that differ at every place and are the same on every run. */
export function pattern(size: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let state = seed * 2654435761 >>> 0
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}
