/** A request's body, with every promise that the head made about it. */
export interface Body {
  /** Length of the content where the head says it (decoded, for aws-chunked). */
  readonly length: number | undefined
  /**
   * Sends the content through every check into `sink`; called at most once. Resolves when the last byte is in the sink and
   * all checks have passed; rejects with the S3Error of the first that failed, or with a BodyLost when the client is gone.
   * The sink is left to its owner, who discards it.
   */
  into(sink: Sink): Promise<Verdict>
}

export interface Sink {
  /** Takes over the chunk. A promise asks to wait; a rejection ends the body with that error. */
  write(chunk: Buffer): Promise<void> | undefined
}

/** What is known of a body that passed. Digests are raw bytes. */
export interface Verdict {
  readonly size: number
  /** Where the plan asked for it. */
  readonly md5: Buffer | undefined
  /** The checksum that the client sent (in header or trailer) and that was verified, or the one that the plan computed unasked. */
  readonly checksum: { readonly algorithm: string, readonly digest: Buffer } | undefined
}
