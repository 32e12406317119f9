import { RpcError, RpcStatus } from './transport'

/**
 * Trouble from behind the contract, as a closed union: what the gateway can say something about. Everything a server can
 * answer is turned into one of these in one place (`fromRpc`); the text of the server stays in `cause`, for the log only.
 */
export type PfsErrorKind =
  | 'no-bucket'          // project, repo or branch missing
  | 'no-version'         // commit missing
  | 'no-file-set'        // staged bytes that have expired meanwhile
  | 'no-upload'          // multipart upload missing, completed or aborted
  | 'upload-claimed'     // multipart upload that is being completed: nothing was changed, try again
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
  | 'too-large'          // more bytes than a branch can hold
  | 'unsupported'        // this server has nothing to do it with
  | 'abandoned'          // the client went away before its write began
  | 'internal'           // anything else

export class PfsError extends Error {
  readonly kind: PfsErrorKind
  /** Of `head-open`: the commit that is open, where it is known. */
  readonly commit: string | undefined

  constructor(kind: PfsErrorKind, message: string, cause?: unknown, commit?: string) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'PfsError'
    this.kind = kind
    this.commit = commit
  }
}

/** Whether the call that failed may have been carried out all the same. */
export function isOutcomeUnknown(error: unknown): boolean {
  return isPfsError(error, 'unavailable') || isPfsError(error, 'internal')
}

export function isPfsError(error: unknown, kind: PfsErrorKind): error is PfsError {
  return error instanceof PfsError && error.kind === kind
}

/**
 * What a failed call says, by status code and, since a pachd gives most failures as UNKNOWN, by text. The whole chain of a
 * server's errors is in the text, one a line, outermost first; so the patterns are not anchored, and the order matters: a
 * missing repo or branch also says that a commit was not found.
 */
const patterns: ReadonlyArray<readonly [pattern: RegExp, kind: PfsErrorKind, message: string]> = [
  [/no space left|disk is full|storage is full/is, 'full', 'no space left on the server'],
  [/the store could not open a file/s, 'exhausted', 'the server has too many files open'],
  [/the files would come to more than \d+ bytes/s, 'too-large', 'more bytes than a branch can hold'],
  [/token expiration is in the past|no authentication token|auth token is corrupted/s, 'unauthenticated', 'no valid token'],
  [/is not authorized to perform this operation/s, 'denied', 'not authorised'],
  [/project "?[^"\s]+"? not found/s, 'no-bucket', 'no such project'],
  [/repo \S+ not found|repo \(id=\d+, .*?\) not found|no role binding exists for REPO/s, 'no-bucket', 'no such repo'],
  [/branch "(?:[^"\\]|\\.)+" not found in repo|branch \(id=\d+, .*?\) not found/s, 'no-bucket', 'no such branch'],
  // What a pachd says where a commit is named by a branch that is not there.
  [/invalid memory address or nil pointer dereference/s, 'no-bucket', 'no such branch'],
  [/path does not exist|tracker does not contain item: \(fileset\/|dangling reference|fileset\.Token/s,
    'no-file-set', 'the staged data is gone'],
  [/commit \S+ not found|commit \(int_id=\d+, .*?\) not found|commit \S+ was deleted|the commit is forgotten/s,
    'no-version', 'no such commit'],
  [/parent commit \S+ has not been finished|base commit \S+ for commit \S+ unfinished/s, 'head-open', 'the head of the branch is open'],
  [/commit \S+ has already finished|cannot start a commit on an output branch/s, 'read-only', 'the target cannot be written to'],
  [/path \(.*\) invalid|file \/ directory path collision|duplicate path output/s, 'bad-path', 'the server cannot hold this path'],
  [/name \(.*\) invalid|branch name cannot be a UUID|invalid ancestry format|project name/s,
    'bad-name', 'the server cannot hold this name'],
  [/cannot be deleted because it|cannot delete a repo associated with a pipeline/s, 'denied', 'the branch or repo is in use by others'],
  [/bad connection|context canceled|Received RST_STREAM/s, 'unavailable', 'the server gave up the call'],
]

const codes: Readonly<Record<number, readonly [kind: PfsErrorKind, message: string]>> = {
  [RpcStatus.cancelled]: ['unavailable', 'the call was cancelled'],
  [RpcStatus.deadlineExceeded]: ['unavailable', 'no answer in time'],
  [RpcStatus.permissionDenied]: ['denied', 'not authorised'],
  [RpcStatus.resourceExhausted]: ['exhausted', 'the server is busy'],
  [RpcStatus.failedPrecondition]: ['head-moved', 'the head of the branch moved'],
  [RpcStatus.unavailable]: ['unavailable', 'the server cannot be reached'],
  [RpcStatus.unauthenticated]: ['unauthenticated', 'no valid token'],
}

/** A call whose failures are PfsErrors. */
export function orPfsError<Result>(call: Promise<Result>): Promise<Result> {
  return call.catch((error: unknown) => { throw fromRpc(error) })
}

/** What is said of a failed call in the gateway's own words; anything but an RpcError or a PfsError is passed through as it is. */
export function fromRpc(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error
  for (const [pattern, kind, message] of patterns) {
    if (pattern.test(error.details)) return new PfsError(kind, message, error)
  }
  const [kind, message] = codes[error.code] ?? ['internal', 'the server failed']
  return new PfsError(kind, message, error)
}
