import type { Head } from '../kit/head'
import { S3Error } from './error'
import { owner } from './names'

/**
 * A client that says whose bucket it means must not be answered by anybody else's: AccessDenied unless it names the owner
 * that listings here show.
 */
export function checkExpectedOwner(head: Head): void {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    const expected = head.get(name)
    if (expected !== undefined && expected !== owner.id) throw new S3Error('AccessDenied')
  }
}
