import type { Head } from '../kit/head'
import { parseDate } from './date'
import { S3Error } from './error'
import { bareEtagOf } from './etag'
import type { ObjectFacts } from './object-facts'
import { invalidArgument } from './refusal'

/**
 * Conditions on reads, writes, deletes and copy sources. Dates are compared in whole seconds, as Last-Modified shows them;
 * a date that cannot be read is no condition on a read (RFC 9110) and a refusal on a delete.
 *
 * A condition on a write is answered as a `judge`, to be run against the state that the commit is built on: judged any
 * earlier, two writers could both pass.
 */
export type WriteJudge = (current: ObjectFacts | undefined) => void

type ReadCondition = 'If-Match' | 'If-Unmodified-Since' | 'If-None-Match' | 'If-Modified-Since'

/** PreconditionFailed, or whether a 304 is due instead of the content. */
export function judgeRead(head: Head, facts: ObjectFacts): 'changed' | 'not-modified' {
  const failed = failedCondition(head, readFields, facts)
  if (failed === undefined) return 'changed'
  if (failed === 'If-None-Match' || failed === 'If-Modified-Since') return 'not-modified'
  throw preconditionFailed(failed)
}

/** The four `x-amz-copy-source-if-*`; a copy has no 304, so each that does not hold is PreconditionFailed. */
export function judgeCopySource(head: Head, facts: ObjectFacts): void {
  const failed = failedCondition(head, copySourceFields, facts)
  if (failed !== undefined) throw preconditionFailed(`x-amz-copy-source-${failed}`)
}

/**
 * Whether `Range` counts. A client that goes on with a download says with `If-Range` which object it has begun; of any other
 * it wants all.
 */
export function rangeHolds(head: Head, facts: ObjectFacts): boolean {
  const validator = head.get('if-range')
  if (validator === undefined) return true
  const date = parseDate(validator)
  return date === undefined ? matches(validator, facts, 'strong') : seconds(facts.modified.getTime()) === seconds(date)
}

type ReadFields = ReturnType<typeof readFieldsBehind>

function readFieldsBehind(prefix: string) {
  return {
    ifMatch: `${prefix}if-match`, ifUnmodifiedSince: `${prefix}if-unmodified-since`,
    ifNoneMatch: `${prefix}if-none-match`, ifModifiedSince: `${prefix}if-modified-since`,
  }
}

const readFields = readFieldsBehind('')
const copySourceFields = readFieldsBehind('x-amz-copy-source-')

/** In the order of RFC 9110: a tag outranks the date of its kind. */
function failedCondition(head: Head, fields: ReadFields, facts: ObjectFacts): ReadCondition | undefined {
  const ifMatch = tags(head, fields.ifMatch)
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, facts, 'strong')) return 'If-Match'
  } else {
    const date = dateOf(head, fields.ifUnmodifiedSince)
    if (date !== undefined && seconds(facts.modified.getTime()) > seconds(date)) return 'If-Unmodified-Since'
  }
  const ifNoneMatch = tags(head, fields.ifNoneMatch)
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, facts, 'weak') ? 'If-None-Match' : undefined
  const date = dateOf(head, fields.ifModifiedSince)
  return date !== undefined && seconds(facts.modified.getTime()) <= seconds(date) ? 'If-Modified-Since' : undefined
}

/**
 * The conditions of a PutObject, CopyObject destination or CompleteMultipartUpload; undefined where there are none. What S3
 * does not offer on a write is NotImplemented: a condition that is ignored is a lock with two holders.
 */
export function writeJudge(head: Head): WriteJudge | undefined {
  const ifMatch = tags(head, 'if-match')
  const ifNoneMatch = tags(head, 'if-none-match')
  if (head.has('if-modified-since')) throw notOffered('If-Modified-Since')
  if (head.has('if-unmodified-since')) throw notOffered('If-Unmodified-Since')
  if (ifNoneMatch !== undefined && ifMatch !== undefined) {
    throw notOffered('If-Match,If-None-Match', 'Multiple conditional request headers present in the request')
  }
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw notOffered('If-None-Match', "We don't accept the provided value of If-None-Match header for this API")
  }
  if (ifNoneMatch !== undefined) {
    return (current) => {
      if (current !== undefined) throw preconditionFailed('If-None-Match')
    }
  }
  if (ifMatch === undefined) return undefined
  return (current) => {
    if (current === undefined) throw new S3Error('NoSuchKey')
    if (!matches(ifMatch, current, 'strong')) throw preconditionFailed('If-Match')
  }
}

/** What a delete may ask of the object it deletes; from headers for DeleteObject, from elements for DeleteObjects. */
interface DeleteConditions {
  readonly etag: string | undefined
  readonly size: string | undefined
  readonly modified: string | undefined
}

/** NotImplemented for the conditions that S3 does not offer on a delete. */
export function deleteConditions(head: Head): DeleteConditions {
  for (const header of ['If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since']) {
    if (head.has(header.toLowerCase())) throw notOffered(header)
  }
  return { etag: tags(head, 'if-match'), size: head.get('x-amz-if-match-size'), modified: head.get('x-amz-if-match-last-modified-time') }
}

/** All that are given must hold; undefined where none is. InvalidArgument for a size or a date that cannot be read. */
export function deleteJudge({ etag, size, modified }: DeleteConditions): WriteJudge | undefined {
  if (etag === undefined && size === undefined && modified === undefined) return undefined
  if (size !== undefined && !/^\d{1,16}$/.test(size)) throw invalidArgument('x-amz-if-match-size', size)
  const time = modified === undefined ? undefined : parseDate(modified)
  if (modified !== undefined && time === undefined) throw invalidArgument('x-amz-if-match-last-modified-time', modified)
  return (current) => {
    if (current === undefined) throw new S3Error('NoSuchKey')
    if (etag !== undefined && !matches(etag, current, 'strong')) throw preconditionFailed('If-Match')
    if (size !== undefined && Number(size) !== current.size) throw preconditionFailed('x-amz-if-match-size')
    if (time !== undefined && seconds(time) !== seconds(current.modified.getTime())) {
      throw preconditionFailed('x-amz-if-match-last-modified-time')
    }
  }
}

/** A list of tags from however many fields; undefined for none. */
function tags(head: Head, name: string): string | undefined {
  return head.has(name) ? head.all(name).join(',').trim() : undefined
}

/**
 * Whether a list of tags names the object's. Tags are taken with and without quotes; ours hold no comma, so a plain split
 * serves. `W/` marks a tag that a proxy weakened: good enough to spare a download, not to splice one.
 */
function matches(list: string, facts: ObjectFacts, comparison: 'strong' | 'weak'): boolean {
  if (list === '*') return true
  const own = bareEtagOf(facts)
  return list.split(',').some((item) => {
    let tag = item.trim()
    if (comparison === 'weak' && tag.startsWith('W/')) tag = tag.slice(2)
    return tag === own || tag === `"${own}"`
  })
}

function dateOf(head: Head, name: string): number | undefined {
  const text = head.get(name)
  return text === undefined ? undefined : parseDate(text)
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { Condition: condition })
}

function notOffered(header: string, reason?: string): S3Error {
  return new S3Error('NotImplemented', { Header: header, ...reason === undefined ? {} : { additionalMessage: reason } })
}
