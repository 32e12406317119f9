import type { Budget } from '../kit/budget'
import { S3Error } from '../s3/error'
import type { Body } from './body'

const firstBytes = 16 * 1024

/**
 * The whole of a verified body in one buffer, grown as it comes, so that neither a large promise nor a drip of small pieces
 * costs more than what was sent. Takes its room from `budget`, which the caller gives back with `release`, once. Rejects as
 * the body does, with MaxMessageLengthExceeded beyond `bytesMax` and SlowDown without room; nothing more is read then.
 */
export async function collect(body: Body, bytesMax: number, budget: Budget): Promise<{ readonly bytes: Buffer, readonly release: () => void }> {
  let buffer = Buffer.alloc(0)
  let size = 0
  const grow = (needed: number): void => {
    const room = Math.min(bytesMax, Math.max(needed, buffer.length * 2, firstBytes))
    if (!budget.take(room - buffer.length)) throw new S3Error('SlowDown')
    const larger = Buffer.allocUnsafeSlow(room)
    buffer.copy(larger, 0, 0, size)
    buffer = larger
  }
  try {
    await body.into({
      write(chunk) {
        if (size + chunk.length > bytesMax) throw new S3Error('MaxMessageLengthExceeded')
        if (size + chunk.length > buffer.length) grow(size + chunk.length)
        chunk.copy(buffer, size)
        size += chunk.length
        return undefined
      },
    })
  } catch (error) {
    budget.give(buffer.length)
    throw error
  }
  return { bytes: buffer.subarray(0, size), release: () => { budget.give(buffer.length) } }
}
