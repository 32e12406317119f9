import t from 'tap'
import { CommittedRows } from '../../../lib/pfsd/store/committed-rows'
import { Overlay } from '../../../lib/pfsd/store/overlay'
import type { IndexFile } from '../../../lib/pfsd/store/index-file'
import { nameOfId, projects } from '../../../lib/pfsd/store/tables'
import type { ProjectRow } from '../../../lib/pfsd/store/rows'

/** Rows with descriptions of some length, taken over as one group; answers how many of them are read from the index then. */
function readAgain(count: number, descriptionLength: number): number {
  const row = (id: number): ProjectRow => ({ id, name: `p${id}`, description: 'x'.repeat(descriptionLength), created: 1 })
  let reads = 0
  const index: IndexFile = {
    get: (_, key) => {
      reads++
      return projects.encode(row(Number(key)))
    },
    range: () => [],
    commit: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const rows = new CommittedRows(index)
  const group = new Overlay(rows)
  for (let id = 0; id < count; id++) group.put(projects, String(id), row(id))
  rows.accept(group)
  for (let id = count - 1; id >= 0; id--) t.equal(rows.get(projects, String(id))?.id, id)
  return reads
}

t.test('what rows are remembered is bounded in bytes, whatever their descriptions', (t) => {
  t.equal(readAgain(2000, 10), 0, 'plain rows by the thousand')
  const held = 32 - readAgain(32, 1024 * 1024)
  t.ok(held > 0 && held <= 8, `${held} of 1 MiB`)
  t.equal(readAgain(1, 20 * 1024 * 1024), 1, 'one that is larger than all room is not kept')
  t.end()
})

t.test('references to rows are remembered as rows are, until they change', (t) => {
  let reads = 0
  const index: IndexFile = {
    get: () => {
      reads++
      return nameOfId.encode('old')
    },
    range: () => [],
    commit: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const rows = new CommittedRows(index)
  t.same([rows.get(nameOfId, 'P1'), rows.get(nameOfId, 'P1'), reads], ['old', 'old', 1])
  const group = new Overlay(rows)
  group.put(nameOfId, 'P1', 'new')
  rows.accept(group)
  t.same([rows.get(nameOfId, 'P1'), reads], ['new', 1])
  t.end()
})

t.test('a group weighs its rows by their texts, once', (t) => {
  const below = new Overlay(new CommittedRows({ get: () => undefined, range: () => [], commit: () => Promise.resolve(), close: () => Promise.resolve() }))
  const work = new Overlay(below)
  work.put(projects, 'p', { id: 1, name: 'p', description: 'x'.repeat(1_000_000), created: 1 })
  t.ok(work.weight >= 1_000_000)
  below.merge(work)
  t.equal(below.weight, work.weight)
  t.end()
})
