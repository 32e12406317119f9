import type { ByteSource } from '../../lib/kit/byte-source'
import type { MessageSource } from '../../lib/pfs/transport'

export function collectMessages<Message>(source: MessageSource<Message>): Promise<Message[]> {
  return new Promise((resolve, reject) => {
    const messages: Message[] = []
    source.start({ data: (message) => { messages.push(message); return true }, end: () => resolve(messages), fail: reject })
  })
}

export function collectBytes(source: ByteSource): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    source.start({ data: (chunk) => { chunks.push(chunk); return true }, end: () => resolve(Buffer.concat(chunks)), fail: reject })
  })
}

/** Lets everything that is ready happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}
