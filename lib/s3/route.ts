/** S3's own names of its operations. */
export type OperationName = 'PutObject' | 'GetObject'
