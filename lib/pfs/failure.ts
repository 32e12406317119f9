/**
 * Trouble from behind the contract, as a closed union: what the gateway can say something about. Everything a server can
 * answer is turned into one of these in one place (`fromRpc`); the text of the server stays in `cause`, for the log only.
 */
export type PfsErrorKind =
  | 'no-bucket'          // project, repo or branch missing
  | 'no-version'         // commit missing
  | 'no-upload'          // multipart upload missing, completed or aborted
  | 'bad-name'           // not a bucket name, or one that PFS cannot hold
  | 'bad-path'           // a key that this server cannot hold
  | 'not-empty'          // a bucket that still has objects
  | 'read-only'          // a write to a commit
  | 'snapshot-gone'      // a listing's commit was removed meanwhile
  | 'head-moved'         // expected_head no longer holds
  | 'head-open'          // somebody holds the branch's head open
  | 'denied'             // not authorised
  | 'unauthenticated'    // no or bad token
  | 'unavailable'        // no answer in time, or the server said so: try again
  | 'exhausted'          // too much at once: slow down
  | 'full'               // no space left on the device
  | 'abandoned'          // the client went away before its write began
  | 'internal'           // anything else

export class PfsError extends Error {
  readonly kind: PfsErrorKind

  constructor(kind: PfsErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'PfsError'
    this.kind = kind
  }
}
