import type { Head } from '../kit/head'
import { S3Error } from './error'
import { invalidRequest } from './refusal'

/**
 * Headers of a write that promise something this server does not keep: encryption, locks, grants, tags, other storage
 * classes. They are refused, never ignored, for the client would rely on them. Values that promise nothing beyond what holds
 * anyway are let pass, since many clients send them by default. Unknown headers are no promise.
 */
export function refuseUnsupported(head: Head): void {
  for (const [name, value] of head.fields) {
    if (!name.startsWith('x-amz-') || value === '') continue
    if (name === 'x-amz-acl') {
      // The bucket's owner has full control of everything, and nobody else has a part of it.
      if (value !== 'private' && value !== 'bucket-owner-full-control') throw new S3Error('AccessControlListNotSupported')
    } else if (name === 'x-amz-storage-class') {
      if (value !== 'STANDARD') throw new S3Error('InvalidStorageClass', { StorageClassRequested: value })
    } else if (name.startsWith('x-amz-grant-')) {
      throw new S3Error('AccessControlListNotSupported')
    } else if (name.startsWith('x-amz-server-side-encryption') || name.startsWith('x-amz-copy-source-server-side-encryption')) {
      if (value !== 'false') throw new S3Error('NotImplemented', { Header: name })
    } else if (name.startsWith('x-amz-object-lock-')) {
      if (value !== 'OFF') throw new S3Error('NotImplemented', { Header: name })
    } else if (name === 'x-amz-tagging' || name === 'x-amz-write-offset-bytes') {
      throw new S3Error('NotImplemented', { Header: name })
    }
  }
}

/** A client that reads with a key of its own believes the object to be encrypted with it. */
export function refuseCustomerKey(head: Head): void {
  if (head.has('x-amz-server-side-encryption-customer-algorithm') || head.has('x-amz-server-side-encryption-customer-key')) {
    throw invalidRequest('The encryption parameters are not applicable to this object.')
  }
}
