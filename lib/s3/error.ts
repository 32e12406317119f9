/**
 * Every refusal the gateway can answer: S3's code, status and message text, letter by letter, in one table.
 * Texts are those of AWS where AWS has the code; the few of ours say so.
 */
interface Row { readonly status: number, readonly message: string }

const table = {
  AccessDenied: { status: 403, message: 'Access Denied' },
  BadDigest: { status: 400, message: 'The Content-MD5 you specified did not match what we received.' },
  InternalError: { status: 500, message: 'We encountered an internal error. Please try again.' },
  InvalidArgument: { status: 400, message: 'Invalid Argument' },
  InvalidRequest: { status: 400, message: 'Invalid Request' },
  NoSuchBucket: { status: 404, message: 'The specified bucket does not exist' },
  NoSuchKey: { status: 404, message: 'The specified key does not exist.' },
  NotImplemented: { status: 501, message: 'A header you provided implies functionality that is not implemented.' },
} satisfies Record<string, Row>

export type S3ErrorCode = keyof typeof table

/** Members of the error document beside Code, Message, Resource and RequestId, such as BucketName or ArgumentName. */
export type ErrorMembers = Readonly<Record<string, string>>

/** A refusal: an expected answer, not a fault. Thrown by name; the gateway turns it into a reply, once. */
export class S3Error extends Error {
  readonly code: S3ErrorCode
  readonly status: number
  readonly members: ErrorMembers
  /** Further response headers, such as Allow or Content-Range. */
  readonly headers: ReadonlyArray<readonly [string, string]>

  /** `detail.message` replaces the table's text where S3 has several for one code. */
  constructor(code: S3ErrorCode, members: ErrorMembers = {}, detail: { message?: string, headers?: ReadonlyArray<readonly [string, string]> } = {}) {
    const row: Row = table[code]
    super(detail.message ?? row.message)
    this.name = 'S3Error'
    this.code = code
    this.status = row.status
    this.members = members
    this.headers = detail.headers ?? []
  }
}
