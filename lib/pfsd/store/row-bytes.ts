/** Writes the fields of a row one behind the other; the reader must read the same fields in the same order. */
export class RowWriter {
  private bytes = Buffer.allocUnsafe(256)
  private at = 0

  /** An integer from 0 to 2^48 - 1. */
  number(value: number): this {
    this.room(6)
    this.at = this.bytes.writeUIntBE(value, this.at, 6)
    return this
  }

  byte(value: number): this {
    this.room(1)
    this.at = this.bytes.writeUInt8(value, this.at)
    return this
  }

  text(value: string): this {
    const length = Buffer.byteLength(value)
    this.room(4 + length)
    this.at = this.bytes.writeUInt32BE(length, this.at)
    this.at += this.bytes.write(value, this.at)
    return this
  }

  /** Shares the writer's memory: a writer makes one row. */
  end(): Buffer {
    return this.bytes.subarray(0, this.at)
  }

  /** Rows are small; the rare long text doubles the buffer. */
  private room(length: number): void {
    if (this.at + length <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + length))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }
}

/** Reads what RowWriter wrote; a row that ends early throws a RangeError. */
export class RowReader {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  number(): number {
    const value = this.bytes.readUIntBE(this.at, 6)
    this.at += 6
    return value
  }

  byte(): number {
    return this.bytes.readUInt8(this.at++)
  }

  text(): string {
    const length = this.bytes.readUInt32BE(this.at)
    const start = this.at + 4
    if (start + length > this.bytes.length) throw new RangeError('a row ends inside a text')
    this.at = start + length
    return this.bytes.toString('utf8', start, this.at)
  }
}
