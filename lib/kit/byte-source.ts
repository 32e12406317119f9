/**
 * Bytes that flow from one owner to one consumer, with the back-pressure of a stream and none of its machinery: the same
 * few calls carry a backend's answer to the socket without a stream object in between.
 */
export interface ByteSource {
  /**
   * Starts the flow; called once. No callback of `receiver` runs before `start` has returned. After `end` or `fail`
   * nothing more is called; after `cancel` nothing at all.
   */
  start(receiver: ByteReceiver): void
  /** Goes on after `data` answered false. */
  resume(): void
  /** Gives up: everything behind the source is let go. May be called at any time, any number of times. */
  cancel(): void
}

export interface ByteReceiver {
  /** Takes over the chunk; false asks for silence until `resume` (chunks on their way may still come). */
  data(chunk: Buffer): boolean
  end(): void
  fail(error: Error): void
}
