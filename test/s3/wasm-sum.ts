import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { isWasmAlgorithm, WasmSum } from '../../lib/s3/wasm-sum'

const algorithms = ['CRC64NVME', 'XXHASH3', 'XXHASH64', 'XXHASH128'] as const

t.test('nothing is summed before the code is there, which is loaded once', async (t) => {
  for (const algorithm of algorithms) {
    t.throws(() => new WasmSum(algorithm), { message: `${algorithm} is used before it is loaded` })
    const loading = WasmSum.loading(algorithm)
    t.equal(WasmSum.loading(algorithm), loading)
    await loading
    t.equal(WasmSum.loading(algorithm), undefined)
  }
  t.same(['CRC32', 'SHA512', 'constructor', ...algorithms].filter(isWasmAlgorithm), algorithms)
})

t.test('the values that clients of AWS compute', (t) => {
  const bytes = Buffer.alloc(1280, Buffer.from(Array.from({ length: 256 }, (_, i) => i)))
  const known = {
    CRC64NVME: ['0000000000000000'],
    XXHASH3: ['2d06800538d394c2', '4844b009e164352e'],
    XXHASH64: ['ef46db3751d8e999', 'afc184ad7938a354'],
    XXHASH128: ['99aa06d3014798d86001c324468d497f', 'd92ab3a1cb0542a74844b009e164352e'],
  }
  for (const algorithm of algorithms) {
    const [nothing, much] = known[algorithm]
    t.equal(new WasmSum(algorithm).digest().toString('hex'), nothing, algorithm)
    for (const cut of [0, 1, 31, 32, 240, 256, 1024, 1279, 1280]) {
      const sum = new WasmSum(algorithm)
      sum.push(bytes.subarray(0, cut))
      sum.push(bytes.subarray(cut))
      if (much !== undefined) t.equal(sum.digest().toString('hex'), much, `${algorithm}, cut at ${cut}`)
    }
  }
  t.end()
})

for (const algorithm of algorithms) {
  t.test(`${algorithm}: sums take turns at the one instance`, (t) => {
    const whole = (bytes: Buffer): string => {
      const sum = new WasmSum(algorithm)
      sum.push(bytes)
      return sum.digest().toString('hex')
    }
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), fc.uint8Array({ maxLength: 400 })), { maxLength: 40 }), (steps) => {
      const sums = Array.from({ length: 4 }, () => new WasmSum(algorithm))
      const bytes: Buffer[][] = [[], [], [], []]
      for (const [which, piece] of steps) {
        sums[which]?.push(Buffer.from(piece))
        bytes[which]?.push(Buffer.from(piece))
      }
      return sums.every((sum, which) => sum.digest().toString('hex') === whole(Buffer.concat(bytes[which] ?? [])))
    }), { seed: 21, numRuns: 200 })
    const long = randomBytes(100_000)
    const pieces = new WasmSum(algorithm)
    for (let at = 0; at < long.length; at += 777) pieces.push(long.subarray(at, at + 777))
    t.equal(pieces.digest().toString('hex'), whole(long), 'longer than the memory of the instance')
    t.end()
  })
}
