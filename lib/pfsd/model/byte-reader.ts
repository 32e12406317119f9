/** Reads the fields of an encoded record in order. Running past the end throws a RangeError. */
export class ByteReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes
    this.at = at
  }

  byte(): number {
    const value = this.bytes[this.at++]
    if (value === undefined) throw new RangeError('a record ends early')
    return value
  }

  /** An unsigned number of up to 53 bits, seven bits a byte, lowest first. */
  varint(): number {
    let byte = this.byte()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 0x80
    do {
      byte = this.byte()
      value += (byte & 0x7f) * scale
      scale *= 0x80
    } while (byte >= 0x80)
    return value
  }

  /** The next `length` bytes as a string: no buffer is made for them, which would cost as much as the string. */
  text(length: number, encoding: 'utf8' | 'hex'): string {
    const end = this.at + length
    if (end > this.bytes.length) throw new RangeError('a record ends early')
    const text = this.bytes.toString(encoding, this.at, end)
    this.at = end
    return text
  }

  /** The next `length` bytes, shared with the record. */
  take(length: number): Buffer {
    const end = this.at + length
    if (end > this.bytes.length) throw new RangeError('a record ends early')
    const taken = this.bytes.subarray(this.at, end)
    this.at = end
    return taken
  }
}
