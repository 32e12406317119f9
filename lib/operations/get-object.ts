import type { Reply } from '../kit/reply'
import type { Call, ObjectScope, Operation } from './operation'
import { conditionalRead } from './shared/conditional-read'

/**
 * InspectBranch, GlobFile exact, GetFile, which is left out for a 304, a 412, an empty object, and a small one that is read for the
 * first time or again and again.
 */
export const getObject = { name: 'GetObject', scope: 'object', permission: 'read', body: { kind: 'none' }, run } satisfies Operation

const empty = Buffer.alloc(0)

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const read = await conditionalRead(call)
  if (read.kind === 'not-modified') return read.reply
  const { status, offset, length } = read.selection
  if (length === 0) return { status, headers: read.headers, body: { kind: 'bytes', bytes: empty } }
  const bytes = call.pfs.atHand(read.stat, offset, length)
  if (bytes !== undefined) return { status, headers: read.headers, body: { kind: 'bytes', bytes } }
  return { status, headers: read.headers, body: { kind: 'source', length, source: call.pfs.read(read.stat, offset, length) } }
}
