import type { RepoInfo } from '../wire/messages'
import { fromRpc } from './failure'
import type { Transport } from './transport'

/** Every repo of a type. */
export function repos(transport: Transport, type: 'user' | 'meta'): Promise<RepoInfo[]> {
  return new Promise((resolve, reject) => {
    const found: RepoInfo[] = []
    transport.serverStream('/pfs_v2.API/ListRepo', { type }).start({
      data: (info) => { found.push(info); return true },
      end: () => resolve(found),
      fail: (error) => reject(fromRpc(error)),
    })
  })
}
