import { openPfsd } from '../../lib/pfsd/main'
import { RpcClient } from './rpc-client'

/** How many finished commits a branch of a stopped server has, that which began it included. */
export async function storedCommits(directory: string, repo: string): Promise<number> {
  const pfsd = await openPfsd({ directory, paths: 's3' })
  try {
    const commits = await new RpcClient(pfsd.service).list('/pfs_v2.API/ListCommit', { repo: { name: repo, type: 'user', project: { name: 'default' } } })
    return commits.length
  } finally {
    await pfsd.close()
  }
}
