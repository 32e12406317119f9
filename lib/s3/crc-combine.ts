/**
 * The CRC of two strings put together, from the CRCs of both and the length of the second: crc(AB) = crc(A) · x^(8·|B|) +
 * crc(B), in the polynomials over GF(2) modulo the CRC's own. All three CRCs of S3 are reflected (the highest bit is the
 * coefficient of x^0), begin with ones and end inverted, which cancels out of this.
 *
 * Whole values are pairs of unsigned 32-bit halves; the 32-bit CRCs have only the high one.
 */
type CrcName = 'CRC32' | 'CRC32C' | 'CRC64NVME'

interface Half { readonly high: number, readonly low: number }

const fields: Readonly<Record<CrcName, { readonly bits: 32 | 64, readonly polynomial: Half }>> = {
  CRC32: { bits: 32, polynomial: { high: 0xedb88320, low: 0 } },
  CRC32C: { bits: 32, polynomial: { high: 0x82f63b78, low: 0 } },
  CRC64NVME: { bits: 64, polynomial: { high: 0x9a6c9329, low: 0xac4bc9b5 } },
}

/** Puts the CRCs of consecutive pieces together; digests are as S3 has them, big-endian. */
export class CrcCombination {
  private readonly name: CrcName
  private value: Half = { high: 0, low: 0 }
  /** x^(8·length) for the length that came last: most parts are of one size. */
  private power: Half = { high: 0, low: 0 }
  private length = -1

  constructor(name: CrcName) {
    this.name = name
  }

  push(digest: Buffer, length: number): void {
    if (length !== this.length) {
      this.power = powerOfX(this.name, length)
      this.length = length
    }
    const { high, low } = multiply(this.name, this.power, this.value)
    const piece = { high: digest.readUInt32BE(0), low: fields[this.name].bits === 64 ? digest.readUInt32BE(4) : 0 }
    this.value = { high: (high ^ piece.high) >>> 0, low: (low ^ piece.low) >>> 0 }
  }

  digest(): Buffer {
    const { bits } = fields[this.name]
    const digest = Buffer.alloc(bits / 8)
    digest.writeUInt32BE(this.value.high, 0)
    if (bits === 64) digest.writeUInt32BE(this.value.low, 4)
    return digest
  }
}

/** x^(8·bytes), by squaring. `bytes` may exceed 32 bits, so it is halved by division. */
function powerOfX(name: CrcName, bytes: number): Half {
  let power: Half = { high: 0x80000000, low: 0 }
  let square: Half = { high: 0x00800000, low: 0 }
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = multiply(name, power, square)
    square = multiply(name, square, square)
  }
  return power
}

/** Goes through the coefficients of `a` from x^0 up, while `b` is multiplied by x in each step. */
function multiply(name: CrcName, a: Half, b: Half): Half {
  const { bits, polynomial } = fields[name]
  let { high, low } = b
  let productHigh = 0
  let productLow = 0
  for (let i = 0; i < bits; i++) {
    const coefficient = i < 32 ? a.high >>> (31 - i) : a.low >>> (63 - i)
    if ((coefficient & 1) === 1) {
      productHigh ^= high
      productLow ^= low
    }
    const carry = bits === 64 ? low & 1 : high & 1
    low = bits === 64 ? (low >>> 1) | (high << 31) : 0
    high >>>= 1
    if (carry === 1) {
      high ^= polynomial.high
      low ^= polynomial.low
    }
  }
  return { high: productHigh >>> 0, low: productLow >>> 0 }
}
