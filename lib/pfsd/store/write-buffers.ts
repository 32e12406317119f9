/** Who gathers bytes to write them in larger blocks. */
interface Gatherer {
  /** Writes what it has, however little that is. */
  flush(): void
}

/**
 * What the writers of all blob files hold unwritten, together. One writer may gather a whole block; a thousand that are fed
 * slowly may not: when the bound is passed, all of them write what they have, and those that bring more are asked to wait.
 */
export class WriteBuffers {
  private readonly bytesMax: number
  private readonly gathering = new Set<Gatherer>()
  private held = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.held
  }

  get full(): boolean {
    return this.held > this.bytesMax
  }

  took(writer: Gatherer, bytes: number): void {
    this.held += bytes
    this.gathering.add(writer)
    if (!this.full) return
    const writers = [...this.gathering]
    this.gathering.clear()
    for (const each of writers) each.flush()
  }

  /** `bytes` are written, or dropped. */
  gave(bytes: number): void {
    this.held -= bytes
  }

  /** The writer will gather no more. */
  leave(writer: Gatherer): void {
    this.gathering.delete(writer)
  }
}
