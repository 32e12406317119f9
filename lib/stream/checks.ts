import { checksumHeader, decodeChecksum } from '../s3/checksum'
import { invalidRequest } from '../s3/refusal'
import { AwsChunked } from './aws-chunked'
import type { Verdict } from './body'
import { Checksum } from './checksum'
import { Length } from './length'
import { Md5 } from './md5'
import { PayloadHash } from './payload-hash'
import type { Plan } from './plan'

/**
 * The checks of one body, in one synchronous piece: wire bytes in, content out, a verdict at the end. The first check that
 * fails throws, and the body is lost with it. The count comes before every digest, so that none works on bytes too many.
 */
export class Checks {
  private readonly plan: Plan
  private readonly deliver: (content: Buffer) => void
  private readonly framing: AwsChunked | undefined
  private readonly length: Length
  private readonly payloadHash: PayloadHash | undefined
  private readonly checksum: Checksum | undefined
  private readonly md5: Md5 | undefined

  /** `deliver` must not throw. Where `loading(plan)` says so, wait for it first. */
  constructor(plan: Plan, deliver: (content: Buffer) => void) {
    this.plan = plan
    this.deliver = deliver
    this.length = new Length(plan.length, plan.lengthMax, plan.excess)
    if (plan.framing.kind === 'aws-chunked') this.framing = new AwsChunked(plan.framing, this)
    if (plan.sha256 !== undefined) this.payloadHash = new PayloadHash(plan.sha256, plan.length)
    if (plan.checksum !== undefined) this.checksum = new Checksum(plan.checksum.algorithm, plan.length)
    if (plan.md5 !== undefined) this.md5 = new Md5(plan.md5.expected, plan.length)
  }

  static loading(plan: Plan): Promise<void> | undefined {
    return plan.checksum === undefined ? undefined : Checksum.loading(plan.checksum.algorithm)
  }

  push(wire: Buffer): void {
    if (this.framing === undefined) this.content(wire)
    else this.framing.push(wire)
  }

  /** The order of the refusals is S3's: a body that fails several checks is told the first. */
  end(): Verdict {
    this.framing?.end()
    this.length.end()
    this.payloadHash?.end()
    const md5 = this.md5?.end()
    return { size: this.length.size, md5, checksum: this.checksumVerdict() }
  }

  content(bytes: Buffer): void {
    this.length.push(bytes.length)
    this.payloadHash?.push(bytes)
    this.checksum?.push(bytes)
    this.md5?.push(bytes)
    this.deliver(bytes)
  }

  contentEnd(): void {
    this.length.end()
  }

  private checksumVerdict(): Verdict['checksum'] {
    const planned = this.plan.checksum
    if (this.checksum === undefined || planned === undefined) return undefined
    const expected = planned.place === 'header' ? planned.digest : decodeChecksum(planned.algorithm, this.framing?.trailerValue ?? '')
    if (expected === undefined) {
      const name = checksumHeader(planned.algorithm)
      throw invalidRequest(`Value for ${name} trailing header is invalid.`)
    }
    return { algorithm: planned.algorithm, digest: this.checksum.end(expected) }
  }
}
