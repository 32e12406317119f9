/** A number of bytes that many share. Whoever finds no room does without; nobody waits. */
export class Budget {
  readonly bytesMax: number
  private readonly whole: Budget | undefined
  private taken = 0

  /** `whole`: what is taken here is taken there as well. */
  constructor(bytesMax: number, whole?: Budget) {
    this.bytesMax = bytesMax
    this.whole = whole
  }

  get bytes(): number {
    return this.taken
  }

  /** Takes `bytes` if there is room for them. */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.bytesMax || this.whole?.take(bytes) === false) return false
    this.taken += bytes
    return true
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.taken -= bytes
    this.whole?.give(bytes)
  }
}
