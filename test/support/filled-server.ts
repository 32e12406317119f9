import { join } from 'node:path'
import type { Test } from 'tap'
import { bucketState } from './bucket-state'
import { HttpClient, type Answer } from './http-client'
import { keyFile } from './key-file'
import { startServer, type RunningServer } from './server'

/** The key that a filled server knows; those who do not sign may do everything all the same. */
export const filledKey = { id: 'AKIDFILLED', secret: 'the-secret-of-those-who-sign', name: 'signer' } as const

/** A server for all tests of a file, with one bucket that has the objects `one` and `two`, which hold their names. */
interface FilledServer {
  readonly port: number
  /** Null while the server lives. */
  readonly exitCode: number | null
  /** See HttpClient. */
  request(...call: Parameters<HttpClient['request']>): Promise<Answer>
  /** See bucketState. */
  state(): Promise<string>
}

/** Starts it before the first test of the file and ends it after the last. */
export function filledServer(t: Pick<Test, 'before' | 'teardown' | 'testdir'>, bucket: string): FilledServer {
  let running: { readonly server: RunningServer, readonly client: HttpClient } | undefined
  t.before(async () => { running = await fill(t.testdir(), bucket) })
  t.teardown(async () => {
    running?.client.close()
    await running?.server.kill()
  })
  const now = (): NonNullable<typeof running> => {
    if (running === undefined) throw new Error('the server is asked before it runs')
    return running
  }
  return {
    get port() { return now().server.port },
    get exitCode() { return now().server.process.exitCode },
    request: (...call) => now().client.request(...call),
    state: () => bucketState(now().client, bucket),
  }
}

async function fill(directory: string, bucket: string): Promise<{ readonly server: RunningServer, readonly client: HttpClient }> {
  const server = await startServer(join(directory, 'data'), keyFile(directory, [filledKey], 'full'))
  const client = new HttpClient(server.port)
  await client.request('PUT', `/${bucket}`)
  for (const key of ['one', 'two']) await client.request('PUT', `/${bucket}/${key}`, key)
  return { server, client }
}
