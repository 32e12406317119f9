/** A number of bytes that many share. Whoever finds no room does without; nobody waits. */
export class Budget {
  readonly bytesMax: number
  private taken = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.taken
  }

  /** Takes `bytes` if there is room for them. */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.bytesMax) return false
    this.taken += bytes
    return true
  }

  /** Gives back what was taken. */
  give(bytes: number): void {
    this.taken -= bytes
  }
}
