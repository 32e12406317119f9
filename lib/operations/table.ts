import type { OperationName } from '../s3/route'
import { copyObject } from './copy-object'
import { createBucket } from './create-bucket'
import { deleteBucket } from './delete-bucket'
import { deleteObject } from './delete-object'
import { deleteObjects } from './delete-objects'
import { getBucketLocation } from './get-bucket-location'
import { getBucketVersioning } from './get-bucket-versioning'
import { getObject } from './get-object'
import { getObjectAttributes } from './get-object-attributes'
import { headBucket } from './head-bucket'
import { headObject } from './head-object'
import { listBuckets } from './list-buckets'
import { listObjects } from './list-objects'
import { listObjectsV2 } from './list-objects-v2'
import type { Operation } from './operation'
import { putObject } from './put-object'

/** Everything this server does, one row an operation. What S3 has beside these is answered with NotImplemented. */
const rows: readonly Operation[] = [
  copyObject,
  createBucket,
  deleteBucket,
  deleteObject,
  deleteObjects,
  getBucketLocation,
  getBucketVersioning,
  getObject,
  getObjectAttributes,
  headBucket,
  headObject,
  listBuckets,
  listObjects,
  listObjectsV2,
  putObject,
]

export const table: Readonly<Partial<Record<OperationName, Operation>>> = Object.fromEntries(rows.map((row) => [row.name, row]))
