import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HttpClient } from './http-client'
import { startServer, type RunningServer } from './server'

/** The key that a filled server knows; those who do not sign may do everything all the same. */
export const filledKey = { id: 'AKIDFILLED', secret: 'the-secret-of-those-who-sign', name: 'signer' } as const

/** A server over `directory` that has a bucket with the objects `one` and `two`, which hold their names. */
export async function filledServer(directory: string, bucket: string): Promise<{ readonly server: RunningServer, readonly client: HttpClient }> {
  const keys = join(directory, 'keys.json')
  writeFileSync(keys, JSON.stringify({ keys: [filledKey], anonymous: 'full' }), { mode: 0o600 })
  const server = await startServer(join(directory, 'data'), ['--keys', keys])
  const client = new HttpClient(server.port)
  await client.request('PUT', `/${bucket}`)
  for (const key of ['one', 'two']) await client.request('PUT', `/${bucket}/${key}`, key)
  return { server, client }
}
