import type { Head } from '../kit/head'
import type { Reply } from '../kit/reply'
import type { Pfs } from '../pfs/contract'
import type { Query } from '../s3/query'
import type { BucketScope, ObjectScope, OperationName, ServiceScope } from '../s3/route'
import type { Body } from '../stream/body'
import type { BodyKind } from '../stream/plan'

export type { BucketScope, ObjectScope, ServiceScope } from '../s3/route'

/** One row of the table: an S3 operation, what it needs, and what it does. */
export type Operation =
  | Row<'service', ServiceScope>
  | Row<'bucket', BucketScope>
  | Row<'object', ObjectScope>

interface Row<Kind extends string, Scope> {
  readonly name: OperationName
  readonly scope: Kind
  readonly permission: 'read' | 'write'
  /** `xml`: collected and verified before `run`, at most this many bytes. `stream`: `call.body.into(sink)`. `none`: drained if small. */
  readonly body: BodyKind
  readonly run: (call: Call<Scope>) => Promise<Reply>
}

/** All that an operation may know of its request. It answers a Reply or throws; it never logs, counts, or sees a socket. */
export interface Call<Scope> {
  readonly scope: Scope
  readonly head: Head
  readonly query: Query
  /** Nothing of it is read, and no `100 Continue` sent, before `body.into` is called: check the head first. */
  readonly body: Body
  /** The collected body of an `xml` row; empty elsewhere. */
  readonly xml: Buffer
  readonly pfs: Pfs
  /** The request came over https. */
  readonly secure: boolean
  /** True once the client has gone. */
  readonly gone: () => boolean
}
