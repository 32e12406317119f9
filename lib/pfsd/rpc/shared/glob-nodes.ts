import { afterPrefix } from '../../model/byte-order'
import { directoryAt, fileAt, refuseClashBehind, walk, type Node, type Walking } from '../../model/directory'
import { compileGlob, type Glob } from '../../model/glob'
import type { PathRules } from '../../model/paths'
import type { Selection } from './send-nodes'
import type { PathRange } from '../../../wire/messages'

/**
 * The files and directories that a pattern matches, within a range of raw paths. Without a range the pattern's literal start
 * bounds the walk. The range [P, P + NUL) with the pattern `**` is a look-up of exactly P.
 */
export function globNodes(walking: Walking, pattern: string, range: PathRange | undefined, paths: PathRules): Selection {
  const glob = compileGlob(paths.read(pattern))
  if (range === undefined) {
    if (glob.literal) return { nodes: named(walking, glob.prefix), wanted: all }
    const prefix = Buffer.from(glob.prefix)
    return { nodes: walk(walking, prefix, afterPrefix(prefix)), wanted: matcher(glob), steps: glob.steps }
  }
  const lower = range.lower ?? ''
  const upper = range.upper ?? ''
  if (glob.everything && upper.length === lower.length + 1 && upper.endsWith('\0') && upper.startsWith(lower)) {
    return { nodes: exactly(walking, lower), wanted: all }
  }
  const nodes = walk(walking, Buffer.from(lower), upper === '' ? undefined : Buffer.from(upper))
  return { nodes, wanted: matcher(glob), steps: glob.steps }
}

function all(): boolean {
  return true
}

/** A path that ends in a slash can be a directory; in our setting it can be a file, too. The root is neither. */
function* exactly(walking: Walking, path: string): Generator<Node> {
  if (path === '/' || path === '') return
  if (path.endsWith('/') && directoryAt(walking, path)) yield { kind: 'directory', path }
  const file = fileAt(walking, path)
  if (file !== undefined) yield file
}

/** What a pattern without special characters matches: a file, a directory, or both. */
function* named(walking: Walking, path: string): Generator<Node> {
  const file = path === '/' ? undefined : fileAt(walking, path)
  const directory = path.endsWith('/') ? path : path + '/'
  const isDirectory = directoryAt(walking, directory)
  if (file !== undefined && isDirectory && walking.checked) refuseClashBehind(walking, path)
  if (file !== undefined) yield file
  if (isDirectory) yield { kind: 'directory', path: directory }
}

/** A directory is matched without its trailing slash; the root by the pattern `/` only, which is not one of these. */
function matcher(glob: Glob): (node: Node) => boolean {
  return (node) => node.kind === 'file' ? glob.matches(node.path) : node.path !== '/' && glob.matches(node.path.slice(0, -1))
}
