import type { Head } from '../kit/head'
import type { Reply } from '../kit/reply'
import type { Attributes, Stat } from '../pfs/contract'
import { checksumElements, requestedAlgorithm, storedChecksum } from '../s3/checksum'
import { judgeCopySource, writeJudge } from '../s3/condition'
import { copySource, type CopySource } from '../s3/copy-source'
import { isoDate } from '../s3/date'
import { etagOf } from '../s3/etag'
import { keepMetadata, metadataOf, replaceMetadata } from '../s3/metadata'
import { invalidArgument, invalidRequest } from '../s3/refusal'
import { refuseUnsupported } from '../s3/unsupported'
import { refuseVersion } from '../s3/version-id'
import { element, xmlReply } from '../s3/xml'
import type { Call, ObjectScope, Operation } from './operation'
import { findObject, shownVersion } from './shared/find-object'

/**
 * InspectBranch, GlobFile exact, ModifyFile shared with the batch. No byte is moved or read: the copy refers to its source's
 * content and keeps its digests, ETag and parts. A checksum of another algorithm than the source's is therefore not computed,
 * and the answer shows the one that is on record. Nor is there a limit on the size.
 */
export const copyObject = { name: 'CopyObject', scope: 'object', permission: 'write', body: { kind: 'none' }, run } satisfies Operation

async function run(call: Call<ObjectScope>): Promise<Reply> {
  const { head, pfs, scope } = call
  refuseVersion(call.query)
  refuseUnsupported(head)
  const source = copySource(head)
  const replacement = directive(head, 'metadata') === 'REPLACE' ? metadataOf(head) : undefined
  directive(head, 'tagging')
  requestedAlgorithm(head)
  if (replacement === undefined) refuseCopyToItself(source, scope, head)
  const judge = writeJudge(head)
  const from = await findObject(pfs, source)
  judgeCopySource(head, from)
  const entries = from.attributes?.entries
  const changed = replacement === undefined ? keepMetadata(entries, head) : replaceMetadata(entries, replacement)
  const attributes = changed === undefined ? undefined : { ...from.attributes, entries: changed }
  const written = await pfs.write(scope.bucket, {
    edits: [{
      kind: 'put', key: scope.key, content: { kind: 'copy', from },
      ...attributes === undefined ? {} : { attributes }, ...judge === undefined ? {} : { judge },
    }],
    abandoned: call.gone,
  })
  return copied(from, attributes, written)
}

/** The copy as a read would show it: what was written, with what was taken over from the source. */
function copied(from: Stat, attributes: Attributes | undefined, written: { readonly version: string, readonly time: Date }): Reply {
  const copy: Stat = { ...from, version: written.version, modified: written.time, ...attributes === undefined ? {} : { attributes } }
  const checksum = checksumElements(storedChecksum(copy.attributes?.entries)).map(([name, text]) => element(name, text))
  const content = element('LastModified', isoDate(copy.modified)) + element('ETag', etagOf(copy)) + checksum.join('')
  return xmlReply('CopyObjectResult', content, [
    ['x-amz-copy-source-version-id', shownVersion(from)],
    ['x-amz-version-id', written.version],
  ])
}

/** `COPY` where nothing is said. */
function directive(head: Head, kind: 'metadata' | 'tagging'): 'COPY' | 'REPLACE' {
  const name = `x-amz-${kind}-directive`
  const value = head.get(name) ?? 'COPY'
  if (value === 'COPY' || value === 'REPLACE') return value
  throw invalidArgument(name, value, `Unknown ${kind} directive.`)
}

/** An old version may be copied over the present one: that brings it back. */
function refuseCopyToItself(source: CopySource, scope: ObjectScope, head: Head): void {
  if (source.version !== undefined || source.bucket !== scope.bucket || source.key !== scope.key) return
  if (head.has('x-amz-storage-class') || head.has('x-amz-website-redirect-location')) return
  throw invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
    'metadata, storage class, website redirect location or encryption attributes.')
}
