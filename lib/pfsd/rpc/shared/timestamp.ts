import type { Timestamp } from '../../../wire/messages'

/** ms since 1970 as a message has it, fields at their default left out. */
export function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000)
  const nanos = (ms - seconds * 1000) * 1_000_000
  const message: Timestamp = {}
  if (seconds !== 0) message.seconds = seconds
  if (nanos !== 0) message.nanos = nanos
  return message
}
