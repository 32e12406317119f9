import t from 'tap'
import { rpcKinds } from '../../../lib/wire/messages'
import { add, refusal, repo, testPfsd } from '../../support/test-pfsd'

t.test('every RPC has a handler, and each is the only one of its path', async (t) => {
  const { pfsd } = await testPfsd(t)
  t.same(Object.keys(pfsd.service).sort(), Object.keys(rpcKinds).sort())
  for (const [path, handler] of Object.entries(pfsd.service)) t.type(handler, 'function', path)
})

t.test('what the server says of itself', async (t) => {
  const { client } = await testPfsd(t, 'pachd')
  t.match(await client.unary('/pfs_extension.API/Capabilities', {}), { paths: 'pachd', attributes: true, list: true, commit_id: true })
  t.match(await client.unary('/versionpb_v2.API/GetVersion', {}), { major: 2 })
  t.match(await client.unary('/admin_v2.API/InspectCluster', { current_project: { name: 'default' } }), { warnings_ok: true })
  t.equal((await refusal(client.unary('/admin_v2.API/InspectCluster', { current_project: { name: 'nope' } }))).code, 5)
  t.same(await client.unary('/grpc.health.v1.Health/Check', {}), { status: 'SERVING' })
  t.equal((await refusal(client.unary('/grpc.health.v1.Health/Check', { service: 'x' }))).code, 5)
  t.same((await client.list('/pfs_v2.API/ListProject', {})).map((info) => info.project?.name), ['default'])
})

t.test('repos of other types are companions of a user repo', async (t) => {
  const { client } = await testPfsd(t)
  const meta = { ...repo, type: 'meta' }
  t.equal((await refusal(client.unary('/pfs_v2.API/CreateRepo', { repo: { ...meta, name: 'alone' } }))).code, 2)
  t.match(await refusal(client.unary('/pfs_v2.API/CreateRepo', { repo: { ...repo, type: 'mine' } })), { code: 2, details: /invalid input value for enum/ })
  await client.unary('/pfs_v2.API/CreateRepo', { repo: meta })
  await client.unary('/pfs_v2.API/CreateProject', { project: { name: 'p' } })
  await client.unary('/pfs_v2.API/CreateRepo', { repo: { ...repo, project: { name: 'p' } }, description: 'd' })
  const named = async (request: object): Promise<string[]> => (await client.list('/pfs_v2.API/ListRepo', request))
    .map((info) => `${info.repo?.project?.name}/${info.repo?.name}.${info.repo?.type}`)
  t.same(await named({}), ['default/r.meta', 'default/r.user', 'p/r.user'])
  t.same(await named({ type: 'user' }), ['default/r.user', 'p/r.user'])
  t.same(await named({ projects: [{ name: 'p' }] }), ['p/r.user'])
  t.same(await named({ page: { page_size: 1, page_index: 1 } }), ['default/r.user'])
  await client.unary('/pfs_v2.API/DeleteRepo', { repo })
  t.same(await named({}), ['p/r.user'], 'the companion goes with it')
  t.equal((await refusal(client.unary('/pfs_v2.API/DeleteProject', { project: { name: 'p' } }))).code, 9)
  await client.unary('/pfs_v2.API/DeleteProject', { project: { name: 'p' }, force: true })
  t.same(await named({}), [])
})

t.test('branches of all repos, and commits by what is asked of them', async (t) => {
  let now = 1_700_000_000_000
  const { client } = await testPfsd(t, 's3', { now: () => now })
  const other = { name: 'other', type: 'user', project: { name: 'default' } }
  await client.unary('/pfs_v2.API/CreateRepo', { repo: { name: 'other', project: { name: 'default' } } })
  for (const [of, name] of [[repo, 'b1'], [other, 'b2'], [repo, 'b3']] as const) {
    await client.unary('/pfs_v2.API/CreateBranch', { branch: { repo: of, name } })
  }
  const named = async (request: object): Promise<string[]> => (await client.list('/pfs_v2.API/ListBranch', request))
    .map(({ branch }) => `${branch?.repo?.name}@${branch?.name}`)
  t.same(await named({}), ['r@b3', 'other@b2', 'r@b1'], 'newest first')
  t.same(await named({ reverse: true }), ['r@b1', 'other@b2', 'r@b3'])
  t.same(await named({ repo }), ['r@b3', 'r@b1'])

  for (let i = 0; i < 3; i++) {
    now += 1000
    await client.upload('/pfs_v2.API/ModifyFile', [{ set_commit: { repo, branch: { repo, name: 'b1' } } }, add(`/${i}`, 'x')])
  }
  const times = async (request: object): Promise<number[]> => (await client.list('/pfs_v2.API/ListCommit', { repo, ...request }))
    .map((info) => (info.started?.seconds ?? 0) - 1_700_000_000)
  const at = (seconds: number): object => ({ started_time: { seconds: 1_700_000_000 + seconds } })
  t.same(await times({}), [3, 2, 1, 0, 0])
  t.same(await times(at(2)), [1, 0, 0])
  t.same(await times({ ...at(2), reverse: true }), [3])
  t.same(await times({ origin_kind: 'USER', ...at(3) }), [2, 1])
  t.same(await times({ origin_kind: 'USER', all: true }), [3, 2, 1, 0, 0])
  const head = { repo, branch: { repo, name: 'b1' } }
  t.same(await times({ to: head, ...at(1) }), [3, 2, 1, 0])
  t.match(await refusal(client.list('/pfs_v2.API/ListCommit', { repo: other, to: head })),
    { code: 2, details: '`from` and `to` commits need to be from repo default/other' })
  t.match(await refusal(client.list('/pfs_v2.API/ListCommit', { repo, from: head })),
    { code: 2, details: 'cannot use `from` commit without `to` commit' })
  t.match(await refusal(client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'b1' }, parent: { repo, id: '0123456789ab4fffffffffffffffffff' } })),
    { code: 5, details: /^start commit in transaction: create commit: parent commit not found: .*commit default\/r@0123456789ab4f+ not found/s })
  t.match(await refusal(client.unary('/pfs_v2.API/DeleteProject', { project: { name: '-' } })), { code: 2, details: /^invalid project name: / })
})

t.test('the branch of uploads keeps no history, other branches do', async (t) => {
  const test = await testPfsd(t)
  const meta = { ...repo, type: 'meta' }
  await test.client.unary('/pfs_v2.API/CreateRepo', { repo: meta })
  for (const name of ['s3-uploads', 'other']) {
    const branch = { repo: meta, name }
    for (let i = 0; i < 5; i++) await test.modify([add(`/record${i}`, 'x')], { set_commit: { repo: meta, branch } })
    const commits = await test.client.list('/pfs_v2.API/ListCommit', { repo: meta, to: { repo: meta, branch } })
    t.equal(commits.length, name === 'other' ? 5 : 1)
    t.equal((await test.paths({ repo: meta, branch })).length, 5)
    t.ok((await test.stat('/record0', { repo: meta, branch }))?.created?.time)
  }
  const kept = { repo: meta, branch: { repo: meta, name: 's3-uploads' } }
  await test.client.unary('/pfs_v2.API/CreateBranch', { branch: { repo: meta, name: 'pin' }, head: kept })
  await test.modify([add('/more', 'x')], { set_commit: kept })
  t.equal((await test.paths({ repo: meta, branch: { repo: meta, name: 'pin' } })).length, 5, 'what another branch points at stays')
})

t.test('waiting for a commit ends when it is finished or gone', async (t) => {
  const { client } = await testPfsd(t)
  const branch = { repo, name: 'master' }
  const open = await client.unary('/pfs_v2.API/StartCommit', { branch })
  t.match(await client.unary('/pfs_v2.API/InspectCommit', { commit: open, wait: 'STARTED' }), { details: {} })
  const waiting = client.unary('/pfs_v2.API/InspectCommit', { commit: open, wait: 'FINISHED' })
  await client.unary('/pfs_v2.API/FinishCommit', { commit: open, description: 'done' })
  t.match(await waiting, { description: 'done', finished: {} })
  const doomed = await client.unary('/pfs_v2.API/StartCommit', { branch })
  const disappointed = refusal(client.unary('/pfs_v2.API/InspectCommit', { commit: doomed, wait: 'FINISHING' }))
  await client.unary('/pfs_v2.API/DropCommit', { commit: doomed })
  t.match(await disappointed, { code: 2, details: /^commit default\/r@\w+ was deleted$/ })
  const orphan = await client.unary('/pfs_v2.API/StartCommit', { branch })
  const bereft = refusal(client.unary('/pfs_v2.API/InspectCommit', { commit: orphan, wait: 'FINISHED' }))
  await client.unary('/pfs_v2.API/DeleteRepo', { repo })
  t.match(await bereft, { code: 2 })
})

t.test('dropping the only commit of a branch leaves it empty, and what is started stays apart', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/a', 'x')])
  const first = await test.head()
  await test.client.unary('/pfs_v2.API/DropCommit', { commit: { repo, id: first } })
  t.not(await test.head(), first)
  t.same(await test.paths(), [])
  t.equal((await refusal(test.client.unary('/pfs_v2.API/InspectCommit', { commit: { repo, id: first } }))).code, 5)
  t.equal((await test.client.list('/pfs_v2.API/ListCommit', { repo })).length, 1)
})

t.test('a listing page', async (t) => {
  const test = await testPfsd(t)
  await test.modify(['a', 'd/1', 'd/2', 'e', 'f/x'].map((key) => add('/' + key, 'x')))
  const commit = await test.head()
  const list = (more: object): Promise<unknown> => test.client.unary('/pfs_extension.API/List', { repo: 'r', commit_id: commit, prefix: '/', ...more })
  t.match(await list({ delimiter: '/', limit: 2 }), { files: [{ path: '/a', size_bytes: 1 }], common_prefixes: ['/d/'], truncated: true, last: '/d/' })
  t.match(await list({ delimiter: '/', after: '/d/', after_subtree: true }), { files: [{ path: '/e' }], common_prefixes: ['/f/'], last: '/f/' })
  t.same(await list({ prefix: '/z' }), {})
  t.equal((await refusal(list({ commit_id: '1'.repeat(12) + '4' + '1'.repeat(19) }))).code, 5)
})

t.test('everything is there after it was opened again', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/a', 'x'), add('/b', Buffer.alloc(500_000, 1))])
  const open = await test.client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'open' } })
  await test.modify([add('/c', 'y')], { set_commit: open })
  const set = await test.fileSet([add('/p', 'z')])
  const again = await test.reopen(t)
  t.equal(await again.read('/a'), 'x')
  t.equal((await again.read('/b')).length, 500_000)
  t.equal(await again.read('/c', open), 'y')
  await again.client.unary('/pfs_v2.API/AddFileSet', { commit: open, file_set_id: set })
  await again.client.unary('/pfs_v2.API/FinishCommit', { commit: open })
  t.same(await again.paths({ repo, branch: { repo, name: 'open' } }), ['/c', '/p'])
})
