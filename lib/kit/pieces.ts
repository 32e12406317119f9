/** A body that comes in pieces smaller than this on the average is joined now and then: each costs about as much beside its bytes. */
const pieceBytes = 256
const piecesMin = 64

/** Bytes gathered as they come, without a copy unless they drip. */
export class Pieces {
  private chunks: Buffer[] = []
  private size = 0

  get bytes(): number {
    return this.size
  }

  /** Takes over the chunk. */
  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.size += chunk.length
    if (this.chunks.length >= piecesMin && this.chunks.length * pieceBytes > this.size) this.chunks = [Buffer.concat(this.chunks)]
  }

  /** All of them in one buffer, and none left here. */
  take(): Buffer {
    const [first] = this.chunks
    const joined = this.chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.chunks)
    this.drop()
    return joined
  }

  drop(): void {
    this.chunks = []
    this.size = 0
  }
}
