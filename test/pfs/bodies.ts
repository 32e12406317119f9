import t from 'tap'
import { limits } from '../../lib/limits'
import { Bodies } from '../../lib/pfs/bodies'
import type { Stat } from '../../lib/pfs/contract'

const snapshot = { bucket: 'b', project: 'default', repo: 'r', commit: 'c', asked: undefined }

function statOf(key: string, size: number, version = 'v', repo = 'r'): Stat {
  return { key, size, version, modified: new Date(0), snapshot: { ...snapshot, repo } }
}

/** Twice: what was read once is not kept. */
function keep(bodies: Bodies, file: Stat, body: Buffer): void {
  bodies.keep(file, body)
  bodies.keep(file, body)
}

t.test('a body is remembered from its second read on', (t) => {
  const bodies = new Bodies()
  bodies.keep(statOf('a', 5), Buffer.from('hello'))
  bodies.keep(statOf('b', 5), Buffer.from('hello'))
  t.equal(bodies.get(statOf('a', 5)), undefined)
  bodies.keep(statOf('a', 5), Buffer.from('hello'))
  t.equal(bodies.get(statOf('a', 5))?.toString(), 'hello')
  t.equal(bodies.get(statOf('b', 5)), undefined)
  t.end()
})

t.test('bodies that are read in turns are remembered if they fit, and none if there are far more', (t) => {
  const size = 4096
  const fit = Math.floor(limits.rememberedBodiesBytesMax / size)
  const remembered = (count: number): number => {
    const bodies = new Bodies()
    const files = Array.from({ length: count }, (_, i) => statOf(`k${String(i)}`, size))
    for (let turn = 0; turn < 3; turn++) for (const file of files) bodies.keep(file, Buffer.allocUnsafeSlow(size))
    return files.filter((file) => bodies.get(file) !== undefined).length
  }
  t.ok(remembered(fit / 2) > fit / 2 * 0.99)
  t.equal(remembered(fit * 16), 0)
  t.end()
})

t.test('a body is remembered for its file, in whatever snapshot, until another commit writes it', (t) => {
  const bodies = new Bodies()
  const file = statOf('a', 5)
  t.equal(bodies.get(file), undefined)
  keep(bodies, file, Buffer.from('hello'))
  t.equal(bodies.get(file)?.toString(), 'hello')
  t.equal(bodies.get({ ...file, snapshot: { ...snapshot, commit: 'later', bucket: 'other' } })?.toString(), 'hello')
  for (const other of [statOf('a', 5, 'w'), statOf('b', 5), statOf('a', 5, 'v', 's')]) t.equal(bodies.get(other), undefined)
  t.end()
})

t.test('a body does not hold the memory that it is a piece of', (t) => {
  const bodies = new Bodies()
  const message = Buffer.alloc(1_000_000, 'x')
  keep(bodies, statOf('a', 1000), message.subarray(500, 1500))
  const kept = bodies.get(statOf('a', 1000))
  t.ok(kept?.equals(Buffer.alloc(1000, 'x')))
  t.equal(kept?.buffer.byteLength, 1000)
  const alone = Buffer.allocUnsafeSlow(1000)
  keep(bodies, statOf('b', 1000), alone)
  t.equal(bodies.get(statOf('b', 1000)), alone, 'one that has its own is not copied')
  t.end()
})

t.test('what is remembered has a bound, and what was not asked for goes first', (t) => {
  const bodies = new Bodies()
  const size = limits.rememberedBodyBytesMax
  const fit = Math.floor(limits.rememberedBodiesBytesMax / size)
  const wanted = statOf('wanted', size)
  keep(bodies, wanted, Buffer.allocUnsafeSlow(size))
  for (let i = 0; i < 2 * fit; i++) {
    keep(bodies, statOf(String(i), size), Buffer.allocUnsafeSlow(size))
    t.ok(bodies.get(wanted))
  }
  const held = Array.from({ length: 2 * fit }, (_, i) => bodies.get(statOf(String(i), size))).map((body) => body !== undefined)
  const count = held.filter(Boolean).length
  t.ok(count > fit / 2 && count < fit, `${count} of ${fit}`)
  t.ok(held.slice(-count).every(Boolean), 'those that came last')
  t.end()
})
