import fc from 'fast-check'
import t from 'tap'
import { type Linked, LinkedList } from '../../lib/kit/linked-list'

class Item implements Linked<Item> {
  previous: Item | undefined
  next: Item | undefined
  list: LinkedList<Item> | undefined
}

function itemsOf(list: LinkedList<Item>): Item[] {
  const found: Item[] = []
  list.each((item) => { found.push(item) })
  return found
}

t.test('agrees with a Set, whatever comes and goes', (t) => {
  const step = fc.record({ item: fc.nat(7), to: fc.constantFrom('append', 'remove', 'other') })
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const items = Array.from({ length: 8 }, () => new Item())
    const [list, other] = [new LinkedList<Item>(), new LinkedList<Item>()]
    const [model, otherModel] = [new Set<Item>(), new Set<Item>()]
    for (const { item: index, to } of steps) {
      const item = items[index] ?? new Item()
      if (to === 'append' && item.list === undefined) { list.append(item); model.add(item) }
      if (to === 'other' && item.list === undefined) { other.append(item); otherModel.add(item) }
      // An item of the other list is none of this one's.
      if (to === 'remove') { list.remove(item); model.delete(item) }
      t.same([itemsOf(list), list.size, list.first, list.last], [[...model], model.size, [...model][0], [...model].at(-1)])
      t.same(itemsOf(other), [...otherModel])
    }
  }), { seed: 7, numRuns: 60 })
  t.end()
})

t.test('what goes through it may remove items', (t) => {
  const list = new LinkedList<Item>()
  for (let i = 0; i < 5; i++) list.append(new Item())
  let seen = 0
  list.each((item) => { if (seen++ % 2 === 0) list.remove(item) })
  t.equal(seen, 5)
  t.equal(list.size, 2)
  list.each((item) => { t.equal(item.list, list); list.remove(item); t.same([item.previous, item.next, item.list], [undefined, undefined, undefined]) })
  t.same([list.size, list.first, list.last], [0, undefined, undefined])
  t.end()
})
