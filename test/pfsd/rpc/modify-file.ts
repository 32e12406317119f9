import t from 'tap'
import type { ModifyFileRequest } from '../../../lib/wire/messages'
import { add, master, refusal, repo, testPfsd } from '../../support/test-pfsd'

const attributes = { entries: { 'content-type': 'text/plain', 'd:md5': 'f00d' }, parts: { sizes: [1, 2] } }

t.test('a one-off tells its commit, which is finished', async (t) => {
  const test = await testPfsd(t)
  const metadata = await test.modify([add('/a', 'x')])
  t.equal(metadata['pfs-commit-id'], await test.head())
  const info = await test.client.unary('/pfs_v2.API/InspectCommit', { commit: { repo, id: metadata['pfs-commit-id'] ?? '' } })
  const finished = (info.finished?.seconds ?? 0) * 1000 + (info.finished?.nanos ?? 0) / 1_000_000
  t.equal(metadata['pfs-commit-time'], String(finished))
  t.ok(finished > 0)
})

t.test('expected_head holds a stream to the head that its sender saw', async (t) => {
  const test = await testPfsd(t)
  const { 'pfs-commit-id': first = '' } = await test.modify([add('/a', '1')])
  const held = (): Promise<unknown> => test.modify([{ delete_file: { path: '/a' } }, add('/a', '2')], { set_commit: master, expected_head: first })
  const outcomes = await Promise.allSettled([held(), held(), held()])
  t.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1, 'one of three wins')
  t.equal((await refusal(held())).code, 9)
  t.equal(await test.read('/a'), '2')
  const commits = await test.client.list('/pfs_v2.API/ListCommit', { repo, to: master })
  t.equal(commits.length, 2, 'nothing came of the others')
  await test.client.unary('/pfs_v2.API/DeleteBranch', { branch: { repo, name: 'master' } })
  t.equal((await refusal(held())).code, 9, 'a branch that is gone is not made again')
})

t.test('`*` expects any head that is not open, and a branch that is there', async (t) => {
  const test = await testPfsd(t)
  const closed = (path: string): Promise<unknown> => test.modify([add(path, 'x')], { set_commit: master, expected_head: '*' })
  t.match(await refusal(closed('/a')), { code: 9, details: 'branch default/r@master is gone' }, 'it is not made')
  await test.modify([add('/a', 'x')])
  await Promise.all(['/b', '/c', '/d'].map(closed))
  t.same(await test.paths(), ['/a', '/b', '/c', '/d'], 'whoever comes first')
  const open = await test.client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'master' } })
  t.match(await refusal(closed('/e')), { code: 9, details: 'the head of branch default/r@master is open' })
  t.equal(await test.read('/e', open).catch(() => 'nothing'), 'nothing', 'nor is it written into')
  await test.client.unary('/pfs_v2.API/FinishCommit', { commit: open })
  const stream = test.client.transport.clientStream('/pfs_v2.API/ModifyFile')
  await stream.send({ set_commit: master, expected_head: '*' })
  await test.client.unary('/pfs_v2.API/DeleteBranch', { branch: { repo, name: 'master' } })
  t.equal((await refusal(stream.end())).code, 9)
  t.equal((await refusal(test.head())).code, 5, 'a branch that is gone is not made again')
})

t.test('expect_file holds a stream to what its sender saw at paths, and to nothing else', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/a', '1'), add('/b', '1'), add('/dir/x', '1')])
  const seen = new Map<string, ModifyFileRequest>()
  for (const path of ['/a', '/b', '/dir/x', '/new']) {
    const revision = (await test.stat(path))?.revision
    seen.set(path, { expect_file: revision === undefined ? { path } : { path, revision } })
  }
  const expecting = (paths: readonly string[], changes: ModifyFileRequest[], head: ModifyFileRequest = { expected_head: '*' }): Promise<unknown> =>
    test.modify([...paths.map((path) => seen.get(path) ?? {}), ...changes], { set_commit: master, ...head })
  await test.modify([{ delete_file: { path: '/b' } }, add('/b', '2'), add('/c', '2')])
  await expecting(['/a'], [add('/c', '+')])
  await expecting(['/a', '/new', '/dir/x'], [add('/a', '+'), add('/new', '1'), { delete_file: { path: '/dir/' } }])
  t.equal(await test.read('/a'), '1+')
  t.equal(await test.read('/b') + await test.read('/c'), '22+', 'what others wrote stays')
  for (const path of seen.keys()) t.equal((await refusal(expecting([path], [add('/other', '1')]))).code, 9, path)
  t.equal(await test.stat('/other'), undefined)

  const { revision = 0 } = await test.stat('/b') ?? {}
  await test.modify([{ copy_file: { dst: '/b', src: { commit: master, path: '/b' } } }])
  t.equal((await refusal(test.modify([{ expect_file: { path: '/b', revision } }], { set_commit: master, expected_head: '*' }))).code, 9, 'a copy writes, too')
  await test.modify([{ delete_file: { path: '/new' } }])
  await expecting(['/new'], [add('/other', '1')])
  t.equal((await refusal(expecting(['/new'], [add('/other', '1')], {}))).details, 'unrecognized message type', 'it goes with a head')
  const open = await test.client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'master' } })
  t.equal((await refusal(expecting(['/new'], [add('/new', '1')]))).code, 9, 'that is not open')
  t.equal((await refusal(expecting(['/new'], [add('/new', '1')], {}))).details, 'unrecognized message type')
  await test.client.unary('/pfs_v2.API/FinishCommit', { commit: open })
  await expecting(['/new'], [add('/new', '1')])
  await test.client.unary('/pfs_v2.API/DeleteBranch', { branch: { repo, name: 'master' } })
  t.equal((await refusal(expecting(['/new'], [add('/new', '1')]))).code, 9)
})

t.test('expect_file means the file that a look-up of its path tells of, whatever its datum', async (t) => {
  const test = await testPfsd(t, 'pachd')
  await test.modify([add('/a', '1', { datum: 'x' })])
  const { revision = 0 } = await test.stat('/a') ?? {}
  t.ok(revision > 0)
  const held = (): Promise<unknown> => test.modify([{ expect_file: { path: '/a', revision } }, { delete_file: { path: '/a', datum: 'x' } }], {
    set_commit: master, expected_head: '*',
  })
  await held()
  t.equal((await refusal(held())).code, 9)
})

t.test('a revision outlives its commit, and a file set has none', async (t) => {
  const test = await testPfsd(t)
  const { 'pfs-commit-id': first = '' } = await test.modify([add('/a', '1')])
  const { revision = 0 } = await test.stat('/a') ?? {}
  t.ok(revision > 0)
  await test.modify([add('/b', '1')])
  await test.client.unary('/pfs_v2.API/SquashCommit', { commit: { repo, id: first } })
  t.match(await test.stat('/a'), { revision, created: { commit_id: undefined } })
  await test.modify([{ expect_file: { path: '/a', revision } }, add('/a', '2')], { set_commit: master, expected_head: '*' })
  t.ok(((await test.stat('/a'))?.revision ?? 0) > revision)
  const open = await test.client.unary('/pfs_v2.API/StartCommit', { branch: master.branch ?? {} })
  await test.modify([add('/b', '2')])
  t.equal((await test.stat('/b'))?.revision, undefined, 'an open commit may write a file again')
  t.ok((await test.stat('/a'))?.revision, 'and has others of before')
  await test.client.unary('/pfs_v2.API/FinishCommit', { commit: open })
  t.ok((await test.stat('/b'))?.revision)
  const id = await test.fileSet([add('/a', '1')])
  t.equal((await test.stat('/a', { repo: { name: '__filesets__', type: 'user', project: { name: 'default' } }, id }))?.revision, undefined)
  t.equal((await refusal(test.fileSet([{ expect_file: { path: '/a' } }]))).details, 'unrecognized message type')
})

t.test('paths that clash refuse a stream that expects a head; else they are the error of its commit', async (t) => {
  const test = await testPfsd(t, 'pachd')
  const { 'pfs-commit-id': first = '' } = await test.modify([add('/a/b', 'x')])
  const collision = { code: 2, details: 'file / directory path collision (/a/b)' }
  const large = Buffer.alloc(1_000_000)
  t.match(await refusal(test.modify([add('/a', 'x'), add('/c', large)], { set_commit: master, expected_head: first })), collision)
  t.equal(await test.head(), first, 'no commit was made')
  t.same(await test.paths(), ['/a/b'])
  const { 'pfs-commit-id': failed = '' } = await test.modify([add('/a', 'x')])
  t.equal(await test.head(), failed)
  t.match(await test.client.unary('/pfs_v2.API/InspectCommit', { commit: { repo, id: failed } }), { error: collision.details })
  await test.modify([add('/c', 'x')], { set_commit: master, expected_head: failed })
  t.same(await test.paths(), ['/a/b', '/c'], 'what the failed one brought is left out')
})

t.test('DeleteBranch can be held to a head, too', async (t) => {
  const test = await testPfsd(t)
  const { 'pfs-commit-id': first = '' } = await test.modify([add('/a', '1')])
  await test.modify([add('/b', '1')])
  const branch = { repo, name: 'master' }
  t.equal((await refusal(test.client.unary('/pfs_v2.API/DeleteBranch', { branch, expected_head: first }))).code, 9)
  await test.client.unary('/pfs_v2.API/DeleteBranch', { branch, expected_head: await test.head() })
  t.equal((await refusal(test.head())).code, 5)
})

t.test('nothing is committed unless the caller says that it sent all', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/a', 'x')])
  const head = await test.head()
  const given = test.client.transport.clientStream('/pfs_v2.API/ModifyFile')
  await given.send({ set_commit: master })
  await given.send(add('/b', Buffer.alloc(1_000_000)))
  await given.abort()
  t.match(await refusal(test.modify([add('/b', 'x'), {}])), { code: 2, details: 'unrecognized message type' })
  t.match(await refusal(test.modify([add('/b', 'x'), { add_file: { path: '/nul\0' } }])), { code: 2 })
  t.equal(await test.head(), head)
})

t.test('content is the same however it comes, held or spilled', async (t) => {
  const test = await testPfsd(t)
  const piece = (length: number, fill: number): Buffer => Buffer.alloc(length, fill)
  const big = [piece(200_000, 97), piece(200_000, 98), piece(5, 99)]
  const small = [piece(100, 100), piece(64, 101)]
  await test.modify([
    add('/big', big[0] ?? ''), add('/small', small[0] ?? ''), add('/big', big[1] ?? ''), add('/small', small[1] ?? ''),
    add('/big', big[2] ?? ''), add('/empty', ''), { add_file: { path: '/nothing' } },
  ])
  t.equal(await test.read('/big'), Buffer.concat(big).toString('latin1'))
  t.equal(await test.read('/small'), Buffer.concat(small).toString('latin1'))
  t.equal(await test.read('/empty') + await test.read('/nothing'), '')
  t.same(await test.paths(), ['/big', '/empty', '/nothing', '/small'])
  await test.modify([add('/big', '!'), add('/small', '?')])
  t.equal(await test.read('/big'), Buffer.concat(big).toString('latin1') + '!')
  t.equal((await test.stat('/big'))?.size_bytes, 400_006)
  t.equal(await test.read('/small'), Buffer.concat(small).toString('latin1') + '?')

  const range = { file: { commit: master, path: '/big' }, offset: 199_999, length: 3 }
  const read = await test.client.list('/pfs_v2.API/GetFile', range)
  t.equal(Buffer.concat(read.map((message) => message.value ?? Buffer.alloc(0))).toString(), 'abb')
  t.equal((await refusal(test.client.list('/pfs_v2.API/GetFile', { ...range, offset: -1 }))).code, 3)
})

t.test('many files that are small one by one do not stay in memory', async (t) => {
  const test = await testPfsd(t)
  const count = 100
  const content = (i: number): Buffer => Buffer.alloc(250_000, i)
  await test.modify(Array.from({ length: count }, (_, i) => add(`/f${i}`, content(i))))
  for (const i of [0, 50, 66, 99]) t.equal(await test.read(`/f${i}`), content(i).toString('latin1'))
  t.equal((await test.paths()).length, count)
})

t.test('attributes describe exactly the content they came with', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/a', 'x', { attributes }), add('/none', 'x'), add('/empty', 'x', { attributes: {} })])
  const of = async (path: string): Promise<unknown> => (await test.stat(path))?.attributes
  t.same(await of('/a'), attributes)
  t.equal(await of('/none'), undefined)
  t.same(await of('/empty'), {}, 'present and empty')

  const copy = (src: string, dst: string, more: object): Promise<unknown> => (
    test.modify([{ copy_file: { dst, src: { commit: master, path: src }, literal: true, ...more } }]))
  await copy('/a', '/inherits', {})
  t.same(await of('/inherits'), attributes)
  await copy('/a', '/replaces', { attributes: { entries: { k: 'v' } } })
  t.same(await of('/replaces'), { entries: { k: 'v' } })
  await copy('/none', '/a', { append: true })
  t.equal(((await of('/a')) as { parts?: unknown } | undefined)?.parts, undefined, 'an append drops the part table')
  t.equal(await test.read('/a'), 'xx')
  await test.modify([{ delete_file: { path: '/inherits' } }, add('/inherits', 'y')])
  t.equal(await of('/inherits'), undefined)

  const large = { entries: { note: 'n'.repeat(2000) }, parts: { sizes: Array.from({ length: 5000 }, (_, i) => i) } }
  await test.modify([add('/large', 'x', { attributes: large })])
  t.same(await of('/large'), large)
  const page = await test.client.unary('/pfs_extension.API/List', { repo: 'r', commit_id: await test.head(), prefix: '/l' })
  t.same(page.files?.map((file) => file.attributes), [large])
})

t.test('attributes that no blob can hold are refused', async (t) => {
  const test = await testPfsd(t)
  const attributes = { entries: { long: 'x'.repeat(5 * 1024 * 1024) } }
  await test.modify([add('/b', 'x')])
  t.match(await refusal(test.modify([add('/a', 'x', { attributes })])), { code: 3, details: /^attributes of \d+ bytes are longer than/ })
  t.same(await test.paths(), ['/b'])
})

t.test('a file tells which commit wrote it, as long as that can be read', async (t) => {
  const test = await testPfsd(t)
  const { 'pfs-commit-id': first = '' } = await test.modify([add('/a', 'x')])
  const { 'pfs-commit-id': second = '' } = await test.modify([add('/b', 'x')])
  t.equal((await test.stat('/a'))?.created?.commit_id, first)
  t.equal((await test.stat('/b'))?.created?.commit_id, second)
  await test.client.unary('/pfs_v2.API/SquashCommit', { commit: { repo, id: first } })
  const info = await test.stat('/a')
  t.equal(info?.created?.commit_id, undefined, 'no reader could name it')
  t.ok(info?.created?.time?.seconds)
  t.equal((await test.stat('/b'))?.created?.commit_id, second)
})

t.test('streams into one branch or one open commit do not disturb each other', async (t) => {
  const test = await testPfsd(t)
  await Promise.all(Array.from({ length: 16 }, (_, i) => test.modify([{ delete_file: { path: '/k' } }, add('/k', `v${i}`)])))
  t.match(await test.read('/k'), /^v\d+$/)
  t.equal((await test.client.list('/pfs_v2.API/ListCommit', { repo, to: master })).length, 16)
  const open = await test.client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'master' } })
  await Promise.all(Array.from({ length: 16 }, () => test.modify([add('/l', 'x')])))
  t.equal(await test.read('/l', open), 'x'.repeat(16))
})

t.test('what happens to the target while a stream is open', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/a', 'x')])
  const begin = async (commit = master): Promise<() => Promise<unknown>> => {
    const stream = test.client.transport.clientStream('/pfs_v2.API/ModifyFile')
    await stream.send({ set_commit: commit })
    await stream.send(add('/late', 'x'))
    return () => stream.end()
  }
  const between = await begin()
  const open = await test.client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'master' } })
  t.match(await refusal(between()), { code: 2, details: /^create commit: parent commit default\/r@\w+ has not been finished$/ })
  const late = await begin(open)
  await test.client.unary('/pfs_v2.API/FinishCommit', { commit: open })
  t.match(await refusal(late()), { code: 2, details: / has already finished$/ }, 'pachd takes it and bricks the repo')
  t.same(await test.paths(), ['/a'])
  const branchless = await begin()
  await test.client.unary('/pfs_v2.API/DeleteBranch', { branch: { repo, name: 'master' } })
  await branchless()
  t.same(await test.paths(), ['/late'], 'the branch is made again')
  const repoless = await begin()
  await test.client.unary('/pfs_v2.API/DeleteRepo', { repo })
  t.match(await refusal(repoless()), { code: 5, details: 'repo default/r not found' })
})

t.test('what would come to more bytes than a commit can say is refused alone, and can be made room for', async (t) => {
  const test = await testPfsd(t)
  const tooLarge = { code: 11, details: 'the files would come to more than 281474976710655 bytes' }
  const copy = (dst: string, append: boolean) => ({ copy_file: { dst, append, literal: true, src: { commit: master, path: '/large' } } })
  await test.modify(Array.from({ length: 4 }, () => ({ add_file: { path: '/large', raw: { value: Buffer.alloc(1 << 18, 1) } } })))
  for (let doubled = 0; doubled < 16; doubled++) await test.modify([copy('/large', true)])
  t.equal((await test.stat('/large'))?.size_bytes, 2 ** 36)
  const many = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => copy(`/${from + i}`, false))
  await test.modify(many(0, 4093))
  const head = await test.head()
  const both = await Promise.allSettled([test.modify(many(4093, 4094)), refusal(test.modify(many(4093, 4095))), test.modify([add('/a', 'x')])])
  t.match(both, [{ status: 'fulfilled' }, { value: tooLarge }, { status: 'fulfilled' }])
  t.not(await test.head(), head)
  t.match(await refusal(test.modify([copy('/large', true)])), tooLarge)
  t.match(await refusal(test.modify(many(4094, 4095))), tooLarge)
  await test.modify([{ delete_file: { path: '/a' } }, { delete_file: { path: '/0' } }, ...many(4094, 4095)])
  t.match(await refusal(test.modify(many(4095, 4096))), tooLarge)
  const again = await test.reopen(t)
  await again.modify([{ delete_file: { path: '/1' } }, add('/a', 'y')])
  t.equal(await again.read('/a'), 'y')
})
