import type { Budget } from '../kit/budget'
import { Pieces } from '../kit/pieces'
import { S3Error } from '../s3/error'
import type { Body } from './body'

interface Collected {
  readonly bytes: Buffer
  readonly release: () => void
}

/**
 * The whole of a verified body in one buffer. What has come so far counts towards `budget` and nothing that is only promised;
 * the caller gives the room back with `release`, once. Rejects as the body does, with MaxMessageLengthExceeded beyond
 * `bytesMax` and with SlowDown where there is no room; nothing more is read then.
 */
export async function collect(body: Body, bytesMax: number, budget: Budget): Promise<Collected> {
  const pieces = new Pieces()
  try {
    await body.into({
      write(chunk) {
        if (pieces.bytes + chunk.length > bytesMax) {
          throw new S3Error('MaxMessageLengthExceeded', { MaxMessageLengthBytes: String(bytesMax) })
        }
        if (!budget.take(chunk.length)) throw new S3Error('SlowDown')
        pieces.push(chunk)
        return undefined
      },
    })
  } catch (error) {
    budget.give(pieces.bytes)
    pieces.drop()
    throw error
  }
  const bytes = pieces.take()
  return { bytes, release: () => { budget.give(bytes.length) } }
}
