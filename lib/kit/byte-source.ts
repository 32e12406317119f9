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
  /**
   * For a consumer that has answered false and may now be silent for long: lets go of everything on its way. The last `unused`
   * bytes that were delivered are among it; `resume` goes on with them. May be called after `end` as well, which is then said
   * again.
   */
  park(unused: number): void
  /** A chunk, as it was delivered, that the consumer never touches again: its memory may be filled again. No one has to. */
  giveBack?(chunk: Buffer): void
  /** Gives up: everything behind the source is let go. May be called at any time, any number of times. */
  cancel(): void
}

export interface ByteReceiver {
  /** Takes over the chunk; false asks for silence until `resume` (chunks on their way may still come). */
  data(chunk: Buffer): boolean
  end(): void
  fail(error: Error): void
}
