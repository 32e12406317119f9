import type { RepoInfo } from '../wire/messages'
import { readUntil } from './read-until'
import type { Transport } from './transport'

/** Every repo of a type. */
export async function repos(transport: Transport, type: 'user' | 'meta'): Promise<RepoInfo[]> {
  const found: RepoInfo[] = []
  await readUntil(transport.serverStream('/pfs_v2.API/ListRepo', { type }), (info) => void found.push(info))
  return found
}
