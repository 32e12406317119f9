import t from 'tap'
import { fromRpc, PfsError } from '../../lib/pfs/failure'
import { RpcError } from '../../lib/pfs/transport'

/** Texts as a pachd was seen to send them. */
const seen: readonly (readonly [code: number, details: string, kind: string])[] = [
  [5, 'get file: pick commit tx: picking commit: picking branch: picking repo: picking project: project "noproj" not found', 'no-bucket'],
  [5, 'pick commit tx: commit default/nope@ not found\nrepo default/nope not found', 'no-bucket'],
  [5, 'pick commit tx: commit default/e1@ not found\nbranch "nob" not found in repo default/e1', 'no-bucket'],
  [5, 'repo (id=3, project=default, name=x, type=user) not found', 'no-bucket'],
  [5, 'commit default/e1@0123456789ab4cdef0123456789abcde not found', 'no-version'],
  [2, 'commit default/e1@0123456789ab4cdef0123456789abcde was deleted', 'no-version'],
  [2, 'parent commit default/e1@abc has not been finished', 'head-open'],
  [2, 'base commit default/r@a for commit default/r@b unfinished', 'head-open'],
  [2, 'commit default/r@a has already finished', 'read-only'],
  [2, 'cannot start a commit on an output branch: default/r@b', 'read-only'],
  [2, 'path (/a*b) invalid: globbing character (*) not allowed in path', 'bad-path'],
  [2, 'path (/a\nb) invalid: only printable ASCII characters allowed', 'bad-path'],
  [2, 'file / directory path collision (/a/b)', 'bad-path'],
  [2, 'name (a.b) invalid: only alphanumeric characters, underscores, and dashes are allowed', 'bad-name'],
  [2, 'branch name cannot be a UUID V4', 'bad-name'],
  [2, 'branch "b" cannot be deleted because it\'s in the direct provenance of [x]', 'denied'],
  [7, 'robot:x is not authorized to perform this operation - needs permissions [REPO_READ] on REPO default/r.', 'denied'],
  [16, 'no authentication token (try logging in)', 'unauthenticated'],
  [16, 'provided auth token is corrupted or has expired (try logging in again)', 'unauthenticated'],
  [13, 'token expiration is in the past', 'unauthenticated'],
  [2, 'no role binding exists for REPO default/r', 'no-bucket'],
  [2, 'path does not exist', 'no-file-set'],
  [5, 'tracker does not contain item: (fileset/00ff)', 'no-file-set'],
  [2, 'the operation would create a dangling reference', 'no-file-set'],
  [2, 'driver: bad connection', 'unavailable'],
  [14, 'connection dropped', 'unavailable'],
  [4, 'Deadline exceeded', 'unavailable'],
  [8, 'too many', 'exhausted'],
  [8, 'write: no space left on device', 'full'],
  [2, 'the store could not open a file', 'exhausted'],
  [11, 'the files would come to more than 281474976710655 bytes', 'too-large'],
  [9, 'the head of master is another commit', 'head-moved'],
  [10, 'panic: runtime error', 'internal'],
  [2, 'anything', 'internal'],
]

t.test('every failure that was seen has its kind, and none of its text is shown', (t) => {
  for (const [code, details, kind] of seen) {
    const failure = fromRpc(new RpcError(code, details))
    t.match(failure, { name: 'PfsError', kind }, details)
    if (failure instanceof PfsError) t.notOk(failure.message.includes(details), details)
  }
  t.end()
})

t.test('a file that is missing is none of its repo, branch or commit', (t) => {
  t.match(fromRpc(new RpcError(5, 'file /x not found in repo default/r at commit 0123')), { kind: 'internal' })
  t.end()
})

t.test('anything else passes', (t) => {
  const error = new Error('x')
  t.equal(fromRpc(error), error)
  t.end()
})
