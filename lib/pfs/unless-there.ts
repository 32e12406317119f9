import { fromRpc } from './failure'
import { RpcError, RpcStatus } from './transport'

/** Waits for something to be made. Somebody else may have been quicker: what was to be made is there. */
export async function unlessThere(made: Promise<unknown>): Promise<void> {
  try {
    await made
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== RpcStatus.alreadyExists) throw fromRpc(error)
  }
}
