import t from 'tap'
import { limits } from '../../lib/limits'
import { takeBatches, type Waiting } from '../../lib/pfs/batch'
import type { Change } from '../../lib/pfs/contract'

const judge = (): void => undefined
const waiting = (change: Change): Waiting => ({ kind: 'change', change, since: 0, answer: () => undefined, refuse: () => undefined })
const edits = (...keys: string[]): Change => ({ edits: keys.map((key) => ({ kind: 'delete', key })) })
const requiring = (required: string, key: string): Change => ({ ...edits(key), requires: [{ key: required, judge }] })

function batches(changes: readonly Change[], atOnce = 1): string[][] {
  const found: string[][] = []
  let queue: Parameters<typeof takeBatches>[0] = changes.map(waiting)
  while (queue.length > 0) {
    const { batches: taken, rest } = takeBatches(queue, atOnce)
    for (const batch of taken) found.push(batch.map(({ change }) => change.edits.map(({ key }) => key).join('+')))
    queue = rest
  }
  return found
}

t.test('no key is edited twice in a batch, and those of one key stay in order', (t) => {
  t.same(batches([edits('a'), edits('b'), edits('a', 'c'), edits('c'), edits('d')]), [['a', 'b', 'd'], ['a+c'], ['c']])
  t.end()
})

t.test('a key is required by many, and edited by none of the same batch', (t) => {
  t.same(batches([requiring('u', '1'), requiring('u', '2'), edits('x')]), [['1', '2'], ['x']])
  t.same(batches([requiring('u', '1'), edits('u'), requiring('u', '2'), edits('x')]), [['1'], ['u', 'x'], ['2']])
  t.same(batches([edits('u'), requiring('u', '1'), edits('u')]), [['u'], ['1'], ['u']])
  t.same(batches([requiring('a', 'a')]), [['a']], 'one change alone')
  t.end()
})

t.test('changes with conditions and those without go apart, the first kind first', (t) => {
  const judged = (key: string): Change => ({ edits: [{ kind: 'delete', key, judge }] })
  t.same(batches([edits('a'), judged('b'), edits('c'), judged('d')]), [['a', 'c'], ['b', 'd']])
  t.same(batches([judged('a'), edits('b'), judged('b'), edits('a')]), [['a'], ['b', 'a'], ['b']], 'those of one key stay in order')
  t.same(batches([edits('a'), edits(), edits('b')]), [['a', 'b'], ['']], 'what edits nothing asks for the head')
  t.end()
})

t.test('changes of one key go in batches that go together, as many as may', (t) => {
  const judged = (key: string): Change => ({ edits: [{ kind: 'delete', key, judge }] })
  const taken = (changes: readonly Change[]): number[] => takeBatches(changes.map(waiting), 3).batches.map((batch) => batch.length)
  t.same(batches([edits('a'), edits('a'), edits('b'), edits('a', 'b'), edits('b'), edits('c')], 3), [['a', 'b', 'c'], ['a'], ['a+b'], ['b']])
  t.same(taken([edits('a'), edits('a'), edits('a'), edits('a')]), [1, 1, 1])
  t.same(taken([edits('a'), edits('a', 'b'), edits('b'), edits('b')]), [1, 1, 1], 'what stays keeps its keys')
  t.same(taken([edits('a'), edits('a'), judged('a'), edits('a'), edits('b')]), [2, 1], 'nothing goes past a condition on its key')
  t.same(taken([judged('a'), judged('a'), edits('b')]), [1], 'nor beside one')
  const large = Array.from({ length: limits.batchEditsMax - 1 }, (_, i) => String(i))
  t.same(taken([edits(...large), edits('0'), edits('0')]), [1, 1], 'they share the bounds of a batch')
  t.end()
})
