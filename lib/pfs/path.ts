import { PfsError } from './failure'

/** Which paths a server takes: each key behind a slash, or pachd's clean, printable ASCII. */
export type PathRule = 's3' | 'pachd'

/** The path of a key, or undefined where the server cannot hold such a path, so that nothing is there. */
export function pathOf(key: string, rule: PathRule): string | undefined {
  if (key === '' || key.includes('\0')) return undefined
  if (rule === 's3') return `/${key}`
  if (!/^[ -~]+$/.test(key) || /[*?[\]{}!()@+^]/.test(key)) return undefined
  // Cleaning would fold these into other keys' paths.
  return key.split('/').some((segment) => segment === '' || segment === '.' || segment === '..') ? undefined : `/${key}`
}

export function requirePath(key: string, rule: PathRule): string {
  const path = pathOf(key, rule)
  if (path === undefined) throw new PfsError('bad-path', 'this server cannot hold this key')
  return path
}

export function keyOf(path: string): string {
  return path.slice(1)
}
