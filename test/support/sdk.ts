import https from 'node:https'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { S3Client, S3ServiceException, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import { type Certificate, selfSigned } from './certificate'
import { keyFile, type NamedKey } from './key-file'
import { type RunningServer, startServer } from './server'

export interface Endpoint {
  readonly server: RunningServer
  readonly certificate: Certificate | undefined
  /** For files of the test. */
  readonly directory: string
  /** An unmodified client: nothing but the address, path style and, over https, the authority. */
  client(id?: string, secret?: string): S3Client
}

interface EndpointOptions {
  readonly scheme?: 'http' | 'https'
  /** Named keys, and what those without one may do: none, read or full. Open to everyone without. */
  readonly keys?: readonly NamedKey[]
  readonly anonymous?: string
}

/** A running server and how clients reach it. It ends, and all its clients, with the test. */
export async function startEndpoint(t: Test, { scheme = 'http', keys, anonymous = 'none' }: EndpointOptions = {}): Promise<Endpoint> {
  const directory = t.testdir()
  const certificate = scheme === 'https' ? selfSigned() : undefined
  const flags = keys === undefined ? [] : keyFile(directory, keys, anonymous)
  if (certificate !== undefined) {
    for (const part of ['cert', 'key'] as const) {
      const file = join(directory, `tls-${part}.pem`)
      writeFileSync(file, certificate[part], { mode: 0o600 })
      flags.push(`--tls-${part}`, file)
    }
  }
  const server = await startServer(join(directory, 'data'), flags)
  const clients: S3Client[] = []
  t.teardown(async () => {
    for (const client of clients) client.destroy()
    await server.kill()
  })
  const trust = certificate === undefined ? {}
    : { requestHandler: { httpsAgent: new https.Agent({ ca: certificate.cert, keepAlive: true, maxSockets: 50 }) } }
  return {
    server,
    certificate,
    directory,
    client(accessKeyId = 'any', secretAccessKey = 'any') {
      const client = s3Client(server.url, { credentials: { accessKeyId, secretAccessKey }, ...trust })
      clients.push(client)
      return client
    },
  }
}

export function s3Client(endpoint: string, more: S3ClientConfig = {}): S3Client {
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, ...more })
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

/** The content of an answer to GetObject, read to its end. */
export async function contentOf({ Body }: { readonly Body?: { transformToByteArray(): Promise<Uint8Array> } | undefined }): Promise<Buffer> {
  return Buffer.from(await Body?.transformToByteArray() ?? [])
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
