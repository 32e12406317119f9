import type { Reply } from '../kit/reply'
import type { Call, ObjectScope, Operation } from './operation'
import { conditionalRead } from './shared/conditional-read'

/** InspectBranch, GlobFile exact. The headers of a GET, Content-Length and ranges included. */
export const headObject = { name: 'HeadObject', scope: 'object', permission: 'read', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const read = await conditionalRead(call)
  if (read.kind === 'not-modified') return read.reply
  return { status: read.selection.status, headers: read.headers, body: { kind: 'length-only', length: read.selection.length } }
}
