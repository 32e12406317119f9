import { S3Error } from '../s3/error'

/** Counts the content against what the head declared and what the operation allows. */
export class Length {
  size = 0
  private readonly declared: number | undefined
  private readonly most: number
  private readonly excess: 'EntityTooLarge' | 'MaxMessageLengthExceeded'

  /** `declared` is no more than `most`: the plan refuses such a head before a byte is read. */
  constructor(declared: number | undefined, most: number, excess: 'EntityTooLarge' | 'MaxMessageLengthExceeded') {
    this.declared = declared
    this.most = most
    this.excess = excess
  }

  push(bytes: number): void {
    this.size += bytes
    if (this.declared !== undefined && this.size > this.declared) throw this.incomplete(this.declared)
    if (this.size > this.most) {
      throw new S3Error(this.excess, { [this.excess === 'EntityTooLarge' ? 'MaxSizeAllowed' : 'MaxMessageLengthBytes']: String(this.most) })
    }
  }

  end(): void {
    if (this.declared !== undefined && this.size !== this.declared) throw this.incomplete(this.declared)
  }

  /** S3 has one code for too few and for too many. */
  private incomplete(declared: number): S3Error {
    return new S3Error('IncompleteBody', { NumberBytesExpected: String(declared), NumberBytesProvided: String(this.size) })
  }
}
