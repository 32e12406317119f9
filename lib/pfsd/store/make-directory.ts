import { dirname } from 'node:path'
import type { Files } from './files'
import { syncDirectory } from './sync-directory'

/**
 * Makes the directory and what is missing above it, each made durable. One that is there is made durable too: who made it may
 * have ended before the sync. Node's own `recursive` never comes back where a directory that is there takes none: in /proc, or
 * one that was removed.
 */
export async function makeDirectory(files: Files, path: string): Promise<void> {
  const parent = dirname(path)
  let made
  try {
    made = await files.makeDirectory(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error
    await makeDirectory(files, parent)
    made = await files.makeDirectory(path)
  }
  try {
    await syncDirectory(files, parent)
  } catch (error) {
    // Whoever hides the parent from us has made this directory for us, and its name is theirs to keep.
    if (made || codeOf(error) !== 'EACCES') throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
