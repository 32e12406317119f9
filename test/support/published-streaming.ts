import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Example { readonly seed: string, readonly chunks: readonly string[] }
/** AWS's own example of a body in signed chunks, without and with a trailer. */
interface Published {
  readonly secret: string
  readonly timestamp: string
  readonly scope: string
  readonly chunkBytes: readonly number[]
  readonly streaming: Example
  readonly trailer: Example & { readonly text: string, readonly signature: string }
}

// The fixture is our own file, and a wrong shape fails every test that uses it.
export const published = JSON.parse(readFileSync(join(__dirname, '../fixtures/sigv4/published-streaming.json'), 'utf8')) as Published
