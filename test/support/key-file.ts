import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface NamedKey { readonly id: string, readonly secret: string, readonly name: string }

/** Writes a key file that the server takes, readable by nobody else, into `directory`; answers the flags that name it. */
export function keyFile(directory: string, keys: readonly NamedKey[], anonymous: string): string[] {
  const path = join(directory, 'keys.json')
  writeFileSync(path, JSON.stringify({ keys, anonymous }), { mode: 0o600 })
  return ['--keys', path]
}
