import fc from 'fast-check'
import t from 'tap'
import type { ListPage, ListQuery, Pfs } from '../../lib/pfs/contract'
import { rig, staged } from '../support/pfs-rig'

const bucket = 'master.r'

/** What a page must be, by collecting and sorting. */
function expected(keys: readonly string[], query: ListQuery): { names: string[], next: string | undefined } {
  const names: string[] = []
  for (const key of [...keys].sort()) {
    if (!key.startsWith(query.prefix) || key <= query.after) continue
    if (query.afterSubtree && key.startsWith(query.after)) continue
    const at = query.delimiter === '' ? -1 : key.indexOf(query.delimiter, query.prefix.length)
    const name = at === -1 ? key : key.slice(0, at + query.delimiter.length)
    if (names.at(-1) !== name) names.push(name)
  }
  const more = names.length > query.limit
  return { names: names.slice(0, query.limit), next: more ? names[query.limit - 1] : undefined }
}

function namesOf(page: ListPage): string[] {
  return [...page.files.map(({ key }) => key), ...page.commonPrefixes].sort()
}

async function fill(pfs: Pfs, keys: readonly string[]): Promise<void> {
  const edits = await Promise.all(keys.map(async (key) => ({ kind: 'put' as const, key, content: await staged(pfs, key) })))
  await pfs.write(bucket, { edits })
}

const segment = fc.constantFrom('a', 'b', 'a-', 'ab', '0', '~', ' ')
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))
const bound = fc.oneof(fc.constant(''), key, key.map((text) => `${text}/`), fc.constantFrom('a', 'a/', 'b', '~', 'zz'))

for (const extended of [true, false]) {
  t.test(`pages agree with a model, ${extended ? 'in one call' : 'by plain range walks'}`, async (t) => {
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(key, { minLength: 1, maxLength: 20 }), bound, fc.constantFrom('', '/', 'a', '-/'), bound, fc.integer({ min: 1, max: 5 }), fc.boolean(),
      async (keys, prefix, delimiter, after, limit, subtree) => {
        const { pfs } = await rig({ extended })
        await fill(pfs, keys)
        const at = await pfs.snapshot(bucket)
        const query = { prefix, delimiter, after, afterSubtree: subtree && after !== '', limit }
        const page = await pfs.list(at, query)
        const model = expected(keys, query)
        if (JSON.stringify(namesOf(page)) !== JSON.stringify(model.names) || page.next !== model.next) {
          throw new Error(`${JSON.stringify({ keys, query, page: { names: namesOf(page), next: page.next }, model })}`)
        }
      }), { numRuns: 150, seed: 11 })
    t.pass()
  })
}

t.test('plain walks cost a range for each common prefix, whatever lies below', async (t) => {
  const { pfs, rpcs } = await rig({ extended: false })
  const keys = ['a', 'b', 'c'].flatMap((dir) => Array.from({ length: 50 }, (_, i) => `${dir}/${i}`))
  await fill(pfs, keys)
  const at = await pfs.snapshot(bucket)
  rpcs.take()
  const page = await pfs.list(at, { prefix: '', delimiter: '/', after: '', afterSubtree: false, limit: 10 })
  t.same(page, { files: [], commonPrefixes: ['a/', 'b/', 'c/'], next: undefined })
  t.same(rpcs.take(), { GlobFile: 4 })
})
