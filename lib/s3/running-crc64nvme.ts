/** The polynomial, reflected, in two halves; all values here are such pairs of unsigned 32-bit halves. */
const polynomialHigh = 0x9a6c9329
const polynomialLow = 0xac4bc9b5

/** For each of eight bytes in a row, what each of its values adds to the sum, the byte that goes through last first. */
interface Tables { readonly high: Uint32Array, readonly low: Uint32Array }

let made: Tables | undefined

/**
 * CRC-64/NVME of bytes as they pass, eight at a time. Bodies have a faster one, whose code must be loaded first; this one is
 * for bytes that this program reads by itself.
 */
export class RunningCrc64Nvme {
  private readonly tables = made ??= makeTables()
  private high = 0xffffffff
  private low = 0xffffffff

  update(bytes: Buffer): void {
    const { high: tableHigh, low: tableLow } = this.tables
    let { high, low } = this
    let at = 0
    for (; at + 8 <= bytes.length; at += 8) {
      const a = low ^ bytes.readInt32LE(at)
      const b = high ^ bytes.readInt32LE(at + 4)
      low = 0
      high = 0
      for (let i = 0; i < 4; i += 1) {
        const first = (7 - i) << 8 | a >>> 8 * i & 255
        const second = (3 - i) << 8 | b >>> 8 * i & 255
        // Every index lies within the tables.
        low ^= (tableLow[first] ?? 0) ^ (tableLow[second] ?? 0)
        high ^= (tableHigh[first] ?? 0) ^ (tableHigh[second] ?? 0)
      }
    }
    for (; at < bytes.length; at += 1) {
      const index = (low ^ (bytes[at] ?? 0)) & 255
      low = (low >>> 8 | high << 24) ^ (tableLow[index] ?? 0)
      high = high >>> 8 ^ (tableHigh[index] ?? 0)
    }
    this.high = high
    this.low = low
  }

  digest(): Buffer {
    const digest = Buffer.alloc(8)
    digest.writeInt32BE(~this.high, 0)
    digest.writeInt32BE(~this.low, 4)
    return digest
  }
}

function makeTables(): Tables {
  const high = new Uint32Array(8 * 256)
  const low = new Uint32Array(8 * 256)
  for (let value = 0; value < 256; value += 1) {
    let valueHigh = 0
    let valueLow = value
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = valueLow & 1
      valueLow = (valueLow >>> 1 | valueHigh << 31) ^ (carry === 1 ? polynomialLow : 0)
      valueHigh = valueHigh >>> 1 ^ (carry === 1 ? polynomialHigh : 0)
    }
    low[value] = valueLow
    high[value] = valueHigh
  }
  for (let at = 256; at < high.length; at += 1) {
    const beforeLow = low[at - 256] ?? 0
    const beforeHigh = high[at - 256] ?? 0
    low[at] = (beforeLow >>> 8 | beforeHigh << 24) ^ (low[beforeLow & 255] ?? 0)
    high[at] = beforeHigh >>> 8 ^ (high[beforeLow & 255] ?? 0)
  }
  return { high, low }
}
