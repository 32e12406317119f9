/** A message's bytes in memory, for what is bounded: those of a file's content that it is or carries, and about what a FileInfo takes. */
export function weightOf(message: unknown): number {
  if (message === null || typeof message !== 'object') return 512
  if ('value' in message && message.value instanceof Buffer) return message.value.length
  return 'content' in message && message.content instanceof Buffer ? 512 + message.content.length : 512
}
