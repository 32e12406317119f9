import fc from 'fast-check'
import t from 'tap'
import { add, master, refusal, testPfsd } from '../../support/test-pfsd'

const nasty = [
  'a', 'a/', 'a//', 'a/b', 'a/b/', '/a', '//', '.', '..', './a', 'a/../b', 'a/.', '*', '**', '?x', '[', '{a,b}', '!(a)', 'a\\b', 'ü', '日本',
  '😀', '\uffff', '\u{10000}', ' ', 'a b', '\n', '\u0001', '%2f', 'a^', 'a@b', '-', 'é', 'e\u0301',
]

t.test('every key is kept as it is, beside every other', async (t) => {
  const test = await testPfsd(t)
  await test.modify(nasty.map((key) => add('/' + key, `of ${key}`)))
  const expected = nasty.map((key) => '/' + key).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  t.same(await test.paths(), expected)
  const page = await test.client.unary('/pfs_extension.API/List', { repo: 'r', commit_id: await test.head() })
  t.same(page.files?.map((file) => file.path), expected)
  for (const key of nasty) {
    t.equal(await test.read('/' + key), Buffer.from(`of ${key}`).toString('latin1'), JSON.stringify(key))
    t.equal((await test.stat('/' + key))?.file?.path, '/' + key)
  }
})

t.test('literal deletes and copies name exactly one path', async (t) => {
  const test = await testPfsd(t)
  await test.modify(['a', 'a/', 'a/b', 'a//c'].map((key) => add('/' + key, key)))
  await test.modify([{ copy_file: { dst: '/x/', src: { commit: master, path: '/a/' }, literal: true } }])
  t.same(await test.paths(), ['/a', '/a/', '/a//c', '/a/b', '/x/'])
  await test.modify([{ delete_file: { path: '/a/', literal: true } }])
  t.same(await test.paths(), ['/a', '/a//c', '/a/b', '/x/'])
  await test.modify([{ delete_file: { path: '/a/' } }])
  t.same(await test.paths(), ['/a', '/x/'], 'without the flag it is the directory')
  t.equal(await test.read('/x/'), 'a/')
})

t.test('what no path can be is refused', async (t) => {
  const test = await testPfsd(t)
  for (const path of ['', '/', 'a\0b', '\ud800', 'x'.repeat(17_000)]) {
    t.match((await refusal(test.modify([add(path, 'x')]))).details, /^(path|a path)/)
  }
})

t.test('files and directories stand side by side, and nothing clashes', async (t) => {
  const test = await testPfsd(t)
  const metadata = await test.modify([add('/a', '1'), add('/a/b', '2')])
  const info = await test.client.unary('/pfs_v2.API/InspectCommit', { commit: { ...master, id: metadata['pfs-commit-id'] ?? '' } })
  t.equal(info.error, undefined)
  t.equal((await test.client.unary('/pfs_v2.API/InspectFile', { file: { commit: master, path: '/a' } })).file_type, 'FILE')
  t.equal((await test.client.unary('/pfs_v2.API/InspectFile', { file: { commit: master, path: '/a/' } })).file_type, 'DIR')
  const plain = await test.client.list('/pfs_v2.API/GetFile', { file: { commit: master, path: '/a' } })
  t.equal(plain[0]?.value?.toString(), '1')
})

t.test('a path has one content: another datum is refused where it is written, and named in vain where it is deleted', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/a', '1', { datum: 'default' }), add('/b', '2', { datum: '' })])
  const src = { commit: master, path: '/a' }
  for (const change of [add('/a', '3', { datum: 'other' }), { copy_file: { dst: '/b', src, datum: 'other', literal: true } }]) {
    const refused = { code: 3, details: /it has one content, and the datum \(other\) asks for another/ }
    t.match(await refusal(test.modify([change])), refused)
    t.match(await refusal(test.fileSet([change])), refused)
  }
  await test.modify([{ delete_file: { path: '/a', datum: 'other', literal: true } }])
  t.same(await test.paths(), ['/a', '/b'])
  await test.modify(['/a', '/b'].map((path) => ({ delete_file: { path, literal: true } })))
  t.same(await test.paths(), [])
})

t.test('a history of puts and deletes reads as its model says', async (t) => {
  const test = await testPfsd(t)
  const key = fc.constantFrom(...nasty.slice(0, 12))
  const step = fc.record({ key, content: fc.option(fc.string({ maxLength: 100 }), { nil: undefined }) })
  let n = 0
  await fc.assert(fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 4 }), async (commits) => {
    const model = new Map<string, string>()
    const branch = { repo: master.repo ?? {}, name: `b${n++}` }
    const commit = { repo: branch.repo, branch }
    await test.client.unary('/pfs_v2.API/CreateBranch', { branch })
    for (const steps of commits) {
      await test.modify(steps.flatMap(({ key, content }) => {
        const change = { delete_file: { path: '/' + key, literal: true } }
        if (content === undefined) model.delete('/' + key)
        else model.set('/' + key, Buffer.from(content).toString('latin1'))
        return content === undefined ? [change] : [change, add('/' + key, content)]
      }), { set_commit: commit })
    }
    t.same((await test.paths(commit)).sort(), [...model.keys()].sort())
    for (const [path, content] of model) t.equal(await test.read(path, commit), content)
  }), { numRuns: 30, seed: 7 })
})
