import { S3Error } from '../s3/error'
import type { Body } from './body'

/** The whole of a verified body in one buffer; MaxMessageLengthExceeded beyond `bytesMax`, and nothing more is read. */
export async function collect(body: Body, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  await body.into({
    write(chunk) {
      size += chunk.length
      if (size > bytesMax) throw new S3Error('MaxMessageLengthExceeded')
      chunks.push(chunk)
      return undefined
    },
  })
  const only = chunks[0]
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size)
}
