import { orPfsError } from '../failure'
import type { Transport } from '../transport'

/** At once: each is a small write, and the server makes many of them durable together. */
const letGoAtOnce = 256

/** One file set of others, in order, that keeps them alive for `ms`. no-file-set where one of them is gone. */
export async function composeFileSets(transport: Transport, ids: readonly string[], ms: number): Promise<string> {
  const request = { file_set_ids: [...ids], ttl_seconds: Math.max(1, Math.ceil(ms / 1000)) }
  const { file_set_id: id } = await orPfsError(transport.unary('/pfs_v2.API/ComposeFileSet', request))
  return id ?? ''
}

/** Lets the server free them soon, behind the caller's back; those that cannot be let go expire by themselves. */
export function letGoFileSets(transport: Transport, ids: readonly string[]): void {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < ids.length) {
      const id = ids[next++] ?? ''
      await transport.unary('/pfs_v2.API/RenewFileSet', { file_set_id: id, ttl_seconds: 1 }).catch(() => undefined)
    }
  }
  for (let i = 0; i < Math.min(letGoAtOnce, ids.length); i++) void work()
}
