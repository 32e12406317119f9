import type { CapabilitiesResponse } from '../wire/messages'
import { fromRpc } from './failure'
import { RpcError, RpcStatus, type Transport } from './transport'
import type { PathRule } from './path'

/** What the server has beyond pachd's contract. */
export interface Capabilities {
  readonly paths: PathRule
  readonly attributes: boolean
  readonly literal: boolean
  readonly expectedHead: boolean
  readonly readLength: boolean
  readonly list: boolean
  readonly commitId: boolean
  readonly ifUnwritten: boolean
}

/** Asks once. A pachd does not know the question, which says: nothing. */
export async function askCapabilities(transport: Transport): Promise<Capabilities> {
  let answer: CapabilitiesResponse = {}
  try {
    answer = await transport.unary('/pfs_extension.API/Capabilities', {})
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== RpcStatus.unimplemented) throw fromRpc(error)
  }
  return {
    paths: answer.paths === 's3' ? 's3' : 'pachd',
    attributes: answer.attributes ?? false,
    literal: answer.literal ?? false,
    expectedHead: answer.expected_head ?? false,
    readLength: answer.read_length ?? false,
    list: answer.list ?? false,
    commitId: answer.commit_id ?? false,
    ifUnwritten: answer.if_unwritten ?? false,
  }
}
