import type { OperationName } from '../s3/route'
import { abortMultipartUpload } from './abort-multipart-upload'
import { completeMultipartUpload } from './complete-multipart-upload'
import { copyObject } from './copy-object'
import { createBucket } from './create-bucket'
import { createMultipartUpload } from './create-multipart-upload'
import { deleteBucket } from './delete-bucket'
import { deleteObject } from './delete-object'
import { deleteObjects } from './delete-objects'
import { getBucketLocation } from './get-bucket-location'
import { getBucketVersioning } from './get-bucket-versioning'
import { getObject } from './get-object'
import { getObjectAttributes } from './get-object-attributes'
import { getObjectTagging } from './get-object-tagging'
import { headBucket } from './head-bucket'
import { headObject } from './head-object'
import { listBuckets } from './list-buckets'
import { listMultipartUploads } from './list-multipart-uploads'
import { listObjects } from './list-objects'
import { listObjectsV2 } from './list-objects-v2'
import { listParts } from './list-parts'
import type { Operation } from './operation'
import { putObject } from './put-object'
import { uploadPart } from './upload-part'
import { uploadPartCopy } from './upload-part-copy'

/** Everything this server does, one row an operation. What S3 has beside these is answered with NotImplemented. */
const rows: readonly Operation[] = [
  abortMultipartUpload,
  completeMultipartUpload,
  copyObject,
  createBucket,
  createMultipartUpload,
  deleteBucket,
  deleteObject,
  deleteObjects,
  getBucketLocation,
  getBucketVersioning,
  getObject,
  getObjectAttributes,
  getObjectTagging,
  headBucket,
  headObject,
  listBuckets,
  listMultipartUploads,
  listObjects,
  listObjectsV2,
  listParts,
  putObject,
  uploadPart,
  uploadPartCopy,
]

export const table: Readonly<Partial<Record<OperationName, Operation>>> = Object.fromEntries(rows.map((row) => [row.name, row]))
