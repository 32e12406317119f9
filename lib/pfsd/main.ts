import { Budget } from '../kit/budget'
import { limits } from './limits'
import { defaultProject } from './model/names'
import { pathRules } from './model/paths'
import { CommitWaiters } from './rpc/shared/commit-waiters'
import { rpcTable } from './rpc/table'
import { serve, type Served } from './serve'
import type { Service } from './service'
import { openStore, type StoreOptions } from './store/open-store'
import type { Store } from './store/store'

export interface PfsdOptions {
  /** Where everything is kept; made if it is not there. One process at a time. */
  readonly directory: string
  readonly paths: 's3' | 'pachd'
  readonly store?: StoreOptions
}

/** The embedded PFS server, open. */
export interface Pfsd {
  /** Every RPC by its path, to be called without a socket. */
  readonly service: Service
  readonly store: Store
  /** Opens it to gRPC clients as well: `host:port` (0 takes a free port) or `unix:path`. */
  serve(address: string): Promise<Served>
  /** Closes what was opened to clients, then the store. */
  close(): Promise<void>
}

/** Opens the store and puts the service on top of it. Rejects as opening the store does. */
export async function openPfsd({ directory, paths, store: options }: PfsdOptions): Promise<Pfsd> {
  const store = await openStore(directory, options)
  try {
    await ensureDefaultProject(store)
  } catch (error) {
    await store.close()
    throw error
  }
  const now = options?.now ?? Date.now
  const service = rpcTable({
    store, paths: pathRules(paths), waiters: new CommitWaiters(), now,
    held: new Budget(limits.heldBytesMax), changes: new Budget(limits.changesBytesMax),
  })
  const served: Served[] = []
  return {
    service,
    store,
    async serve(address) {
      const one = await serve(service, address)
      served.push(one)
      return one
    },
    async close() {
      await Promise.all(served.map((one) => one.close()))
      await store.close()
    },
  }
}

async function ensureDefaultProject(store: Store): Promise<void> {
  if (store.read.project(defaultProject) !== undefined) return
  await store.transact((tx) => {
    tx.putProject({ id: tx.nextId(), name: defaultProject, description: '', created: tx.now })
  })
}
