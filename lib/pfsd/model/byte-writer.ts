/** Gathers bytes in one buffer that grows; `finish` copies them out, so a writer can be used again. */
export class ByteWriter {
  private buffer: Buffer
  length = 0

  constructor(capacity = 8192) {
    this.buffer = Buffer.allocUnsafeSlow(capacity)
  }

  byte(value: number): void {
    this.room(1)
    this.buffer[this.length++] = value
  }

  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer`)
    this.room(8)
    const { buffer } = this
    let rest = value
    while (rest >= 0x8000_0000) {
      buffer[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    while (rest >= 0x80) {
      buffer[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[this.length++] = rest
  }

  u16(value: number): void {
    this.room(2)
    this.length = this.buffer.writeUInt16LE(value, this.length)
  }

  u48(value: number): void {
    this.room(6)
    this.length = this.buffer.writeUIntLE(value, this.length, 6)
  }

  /** Appends source[start, end). */
  bytes(source: Buffer, start = 0, end = source.length): void {
    this.room(end - start)
    source.copy(this.buffer, this.length, start, end)
    this.length += end - start
  }

  /** Overwrites two bytes that were written before. */
  patchU16(at: number, value: number): void {
    this.buffer.writeUInt16LE(value, at)
  }

  /** All bytes since the last `finish`, in a buffer of their own. */
  finish(): Buffer {
    const result = Buffer.allocUnsafeSlow(this.length)
    this.buffer.copy(result, 0, 0, this.length)
    this.length = 0
    return result
  }

  private room(more: number): void {
    if (this.length + more <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + more))
    this.buffer.copy(larger, 0, 0, this.length)
    this.buffer = larger
  }
}

/** How many bytes `varint` takes for a value. */
export function varintBytes(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}
