import t from 'tap'
import { takeBatch, type Waiting } from '../../lib/pfs/batch'
import type { Change } from '../../lib/pfs/contract'

const judge = (): void => undefined
const waiting = (change: Change): Waiting => ({ kind: 'change', change, since: 0, answer: () => undefined, refuse: () => undefined })
const edits = (...keys: string[]): Change => ({ edits: keys.map((key) => ({ kind: 'delete', key })) })
const requiring = (required: string, key: string): Change => ({ ...edits(key), requires: [{ key: required, judge }] })

function batches(changes: readonly Change[]): string[][] {
  const found: string[][] = []
  let queue: Parameters<typeof takeBatch>[0] = changes.map(waiting)
  while (queue.length > 0) {
    const { batch, rest } = takeBatch(queue)
    found.push(batch.map(({ change }) => change.edits.map(({ key }) => key).join('+')))
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
