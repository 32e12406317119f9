/**
 * Every refusal the gateway can answer: S3's code, status and message text, letter by letter, in one table.
 * Texts are those of AWS where AWS has the code; the few of ours say so.
 */
interface Row { readonly status: number, readonly message: string }

const table = {
  AccessDenied: { status: 403, message: 'Access Denied' },
  AuthorizationHeaderMalformed: { status: 400, message: 'The authorization header is malformed.' },
  AuthorizationQueryParametersError: {
    status: 400,
    message: 'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, ' +
      'X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
  },
  BadDigest: { status: 400, message: 'The Content-MD5 you specified did not match what we received.' },
  EntityTooLarge: { status: 400, message: 'Your proposed upload exceeds the maximum allowed size' },
  IncompleteBody: { status: 400, message: 'You did not provide the number of bytes specified by the Content-Length HTTP header' },
  InternalError: { status: 500, message: 'We encountered an internal error. Please try again.' },
  InvalidAccessKeyId: { status: 403, message: 'The AWS Access Key Id you provided does not exist in our records.' },
  InvalidArgument: { status: 400, message: 'Invalid Argument' },
  InvalidChunkSizeError: { status: 400, message: 'Only the last chunk is allowed to have a size less than 8192 bytes' },
  InvalidDigest: { status: 400, message: 'The Content-MD5 you specified was invalid.' },
  InvalidRequest: { status: 400, message: 'Invalid Request' },
  InvalidToken: { status: 400, message: 'The provided token is malformed or otherwise invalid.' },
  MalformedTrailerError: {
    status: 400,
    message: 'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  },
  MaxMessageLengthExceeded: { status: 400, message: 'Your request was too big.' },
  MissingContentLength: { status: 411, message: 'You must provide the Content-Length HTTP header.' },
  NoSuchBucket: { status: 404, message: 'The specified bucket does not exist' },
  NoSuchKey: { status: 404, message: 'The specified key does not exist.' },
  NotImplemented: { status: 501, message: 'A header you provided implies functionality that is not implemented.' },
  RequestHeaderSectionTooLarge: { status: 400, message: 'Your request header section exceeds the maximum allowed size.' },
  RequestTimeTooSkewed: { status: 403, message: 'The difference between the request time and the current time is too large.' },
  RequestTimeout: {
    status: 400,
    message: 'Your socket connection to the server was not read from or written to within the timeout period. ' +
      'Idle connections will be closed.',
  },
  SignatureDoesNotMatch: {
    status: 403,
    message: 'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },
  XAmzContentSHA256Mismatch: { status: 400, message: "The provided 'x-amz-content-sha256' header does not match what was computed." },
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
