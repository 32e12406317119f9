import t, { type Test } from 'tap'
import type { Commit, File } from '../../lib/wire/messages'
import { realServer, transports } from '../support/real-server'
import { Recorder } from '../support/recorder'

/**
 * The semantics that the gateway builds on, call by call, on the real server. Each case runs over both transports, and what
 * came back must be the same, message by message.
 */
const repo = { name: 'r', type: 'user', project: { name: 'default' } }
const branch = { repo, name: 'master' }
const onBranch: Commit = { repo, branch }
const at = (id: string): Commit => ({ repo, id })
const exactly = (commit: Commit, path: string): { file: File, path_range: { lower: string, upper: string } } =>
  ({ file: { commit, path: '**' }, path_range: { lower: path, upper: `${path}\0` } })
const fileSet = (id: string): Commit => ({ repo: { name: '__filesets__', type: 'user', project: { name: 'default' } }, id })
const add = (path: string, text: string) => ({ add_file: { path, raw: text === '' ? {} : { value: Buffer.from(text) } } })
const modify = '/pfs_v2.API/ModifyFile'

async function prepare(rpc: Recorder): Promise<string> {
  await rpc.unary('/pfs_v2.API/CreateRepo', { repo })
  await rpc.unary('/pfs_v2.API/CreateBranch', { branch })
  return rpc.send(modify, [{ set_commit: onBranch }, add('/a', 'one'), add('/dir/x', 'x'), add('/dir/y', '')])
}

/** The text of a file, or undefined. */
async function text(rpc: Recorder, commit: Commit, path: string): Promise<string | undefined> {
  const found = await rpc.stream('/pfs_v2.API/GlobFile', { commit, pattern: '**', path_range: { lower: path, upper: `${path}\0` } })
  return found.length === 0 ? undefined : rpc.bytes(exactly(commit, path))
}

const cases: Record<string, (t: Test, rpc: Recorder) => Promise<void>> = {
  'names that are missing, and names that are there': async (t, rpc) => {
    const nowhere = { repo: { name: 'x', type: 'user', project: { name: 'no' } }, name: 'b' }
    await t.rejects(rpc.unary('/pfs_v2.API/InspectBranch', { branch: nowhere }), { code: 5, details: /project "?no"? not found/ })
    await t.rejects(rpc.unary('/pfs_v2.API/CreateRepo', { repo: nowhere.repo }), { code: 5, details: /project "no" not found/ })
    await t.rejects(rpc.unary('/pfs_v2.API/InspectRepo', { repo }), { code: 5, details: /repo default\/r not found/ })
    await t.rejects(rpc.unary('/pfs_v2.API/InspectBranch', { branch }), { code: 5, details: /repo .*name=r.* not found/ })
    await prepare(rpc)
    await t.rejects(rpc.unary('/pfs_v2.API/CreateRepo', { repo }), { code: 6, details: /repo default\/r already exists/ })
    const noBranch = { code: 5, details: /branch "nob" not found in repo default\/r/ }
    await t.rejects(rpc.unary('/pfs_v2.API/InspectBranch', { branch: { repo, name: 'nob' } }), noBranch)
    const unknown = '0123456789ab4cdef0123456789abcde'
    await t.rejects(rpc.unary('/pfs_v2.API/InspectCommit', { commit: at(unknown) }), { code: 5, details: /commit \S+ not found/ })
    t.match(await rpc.unary('/pfs_v2.API/InspectRepo', { repo }), { branches: [{ name: 'master' }] })
    t.equal((await rpc.stream('/pfs_v2.API/ListRepo', { type: 'user' })).length, 1)
    t.equal((await rpc.stream('/pfs_v2.API/ListRepo', { type: 'user', projects: [{ name: 'no' }] })).length, 0)
    await t.rejects(rpc.unary('/pfs_v2.API/CreateRepo', { repo: { ...repo, name: 'a.b' } }), { code: 2, details: /name \(a\.b\) invalid/ })
  },

  'a stream of changes is a program, and one commit': async (t, rpc) => {
    const first = await prepare(rpc)
    const second = await rpc.send(modify, [{ set_commit: onBranch }, add('/a', ' two'), add('/a', ' three'), { delete_file: { path: '/dir/x' } }])
    t.equal(await text(rpc, at(second), '/a'), 'one two three', 'adding appends')
    t.equal(await text(rpc, at(second), '/dir/x'), undefined)
    t.equal(await text(rpc, at(second), '/dir/y'), '', 'a file may be empty')
    t.equal(await text(rpc, at(first), '/a'), 'one', 'an older commit stays')
    const third = await rpc.send(modify, [
      { set_commit: onBranch }, { delete_file: { path: '/a' } }, add('/a', 'new'), add('/b', 'b'), { delete_file: { path: '/b' } },
    ])
    t.equal(await text(rpc, at(third), '/a'), 'new')
    t.equal(await text(rpc, at(third), '/b'), undefined)
    const fourth = await rpc.send(modify, [{ set_commit: onBranch }])
    t.match(await rpc.unary('/pfs_v2.API/InspectBranch', { branch }), { head: { id: fourth } }, 'nothing is a commit, too')
    t.match(await rpc.unary('/pfs_v2.API/InspectCommit', { commit: at(fourth) }), { origin: { kind: 'USER' }, parent_commit: { id: third } })
    const fifth = await rpc.send(modify, [{ set_commit: onBranch }, { delete_file: { path: '/dir/' } }])
    t.equal(await text(rpc, at(fifth), '/dir/y'), undefined, 'a slash at the end means all below')
  },

  'a refused stream leaves nothing': async (t, rpc) => {
    const first = await prepare(rpc)
    await t.rejects(rpc.send(modify, [add('/b', 'b')]), { code: 2, details: /first message must be a commit/ })
    await t.rejects(rpc.send(modify, [{ set_commit: onBranch }, add('/b', 'b'), {}]), { code: 2, details: /unrecognized message type/ })
    await t.rejects(rpc.send(modify, [{ set_commit: onBranch }, { set_commit: onBranch }]), { code: 2, details: /cannot set commit/ })
    await t.rejects(rpc.send(modify, [{ set_commit: at(first) }, add('/b', 'b')]), { code: 2, details: /has already finished/ })
    const elsewhere = { repo: { ...repo, name: 'x' }, branch: { repo: { ...repo, name: 'x' }, name: 'b' } }
    await t.rejects(rpc.send(modify, [{ set_commit: elsewhere }, add('/b', 'b')]), { code: 5, details: /repo default\/x not found/ })
    t.match(await rpc.unary('/pfs_v2.API/InspectBranch', { branch }), { head: { id: first } })
  },

  'a commit is held to the head that its writer saw': async (t, rpc) => {
    const first = await prepare(rpc)
    const second = await rpc.send(modify, [{ set_commit: onBranch, expected_head: first }, add('/b', 'b')])
    await t.rejects(rpc.send(modify, [{ set_commit: onBranch, expected_head: first }, add('/c', 'c')]), { code: 9 })
    t.match(await rpc.unary('/pfs_v2.API/InspectBranch', { branch }), { head: { id: second } })
    const third = await rpc.send(modify, [{ set_commit: onBranch, expected_head: '*' }, add('/d', 'd')])
    t.match(await rpc.unary('/pfs_v2.API/InspectCommit', { commit: at(third) }), { parent_commit: { id: second } })
    const [info] = await rpc.stream('/pfs_v2.API/GlobFile', { commit: at(third), pattern: '/d' })
    const seen = { expect_file: { path: '/d', revision: info?.revision ?? 0 } }
    await rpc.send(modify, [{ set_commit: onBranch, expected_head: '*' }, seen, { expect_file: { path: '/e' } }, add('/d', 'd')])
    await t.rejects(rpc.send(modify, [{ set_commit: onBranch, expected_head: '*' }, seen, add('/d', 'd')]), { code: 9 })
    await rpc.unary('/pfs_v2.API/DeleteBranch', { branch })
    await t.rejects(rpc.send(modify, [{ set_commit: onBranch, expected_head: '*' }, add('/c', 'c')]), { code: 9 })
    await t.rejects(rpc.send(modify, [{ set_commit: onBranch, expected_head: second }, add('/c', 'c')]), { code: 9 })
    await t.rejects(rpc.unary('/pfs_v2.API/InspectBranch', { branch }), { code: 5 })
    t.equal(await text(rpc, at(second), '/b'), 'b', 'commits outlive their branch')
  },

  'a repo goes only while nobody wrote to it, where that is asked for': async (t, rpc) => {
    const unwritten = { repo, if_unwritten: true }
    t.same(await rpc.unary('/pfs_v2.API/DeleteRepo', unwritten), {}, 'it is not there')
    await prepare(rpc)
    await t.rejects(rpc.unary('/pfs_v2.API/DeleteRepo', unwritten), { code: 9 }, 'it has a branch')
    await rpc.unary('/pfs_v2.API/DeleteBranch', { branch })
    await t.rejects(rpc.unary('/pfs_v2.API/DeleteRepo', unwritten), { code: 9 }, 'and a commit that was written')
    t.match(await rpc.unary('/pfs_v2.API/InspectRepo', { repo }), { repo })
    t.same(await rpc.unary('/pfs_v2.API/DeleteRepo', { repo }), { deleted: true })
    await rpc.unary('/pfs_v2.API/CreateRepo', { repo })
    await rpc.unary('/pfs_v2.API/CreateBranch', { branch })
    await t.rejects(rpc.unary('/pfs_v2.API/DeleteRepo', unwritten), { code: 9 }, 'an empty branch is one')
    await rpc.unary('/pfs_v2.API/DeleteBranch', { branch })
    t.same(await rpc.unary('/pfs_v2.API/DeleteRepo', unwritten), { deleted: true })
  },

  'file sets: read, copied, composed, let go': async (t, rpc) => {
    await prepare(rpc)
    const parts = [
      await rpc.send('/pfs_v2.API/CreateFileSet', [add('/part', 'one'), add('/part', ' more')]),
      await rpc.send('/pfs_v2.API/CreateFileSet', [add('/part', ' two')]),
    ]
    t.equal(await rpc.bytes(exactly(fileSet(parts[0] ?? ''), '/part')), 'one more')
    const { file_set_id: whole = '' } = await rpc.unary('/pfs_v2.API/ComposeFileSet', { file_set_ids: parts, ttl_seconds: 600 })
    const copy = { dst: '/a', src: { commit: fileSet(whole), path: '/part' }, literal: true }
    const commit = await rpc.send(modify, [{ set_commit: onBranch }, { copy_file: { ...copy, attributes: { entries: { k: 'v' } } } }])
    t.equal(await text(rpc, at(commit), '/a'), 'one more two', 'layers join, and the copy replaces')
    const [info] = await rpc.stream('/pfs_v2.API/GlobFile', { commit: at(commit), pattern: '**', path_range: { lower: '/a', upper: '/a\0' } })
    t.match(info, { size_bytes: 12, attributes: { entries: { k: 'v' } }, created: { commit_id: commit } })
    await rpc.unary('/pfs_v2.API/RenewFileSet', { file_set_id: whole, ttl_seconds: 60 })
    await t.rejects(rpc.unary('/pfs_v2.API/RenewFileSet', { file_set_id: whole, ttl_seconds: 0 }), { code: 2, details: /ttl/ })
    await t.rejects(rpc.send('/pfs_v2.API/CreateFileSet', [add('/part', 'x'), {}]), { code: 2, details: /unrecognized message type/ })
  },

  'copies: missing sources, appending, attributes': async (t, rpc) => {
    const first = await prepare(rpc)
    const none = await rpc.send(modify, [{ set_commit: onBranch }, { copy_file: { dst: '/b', src: { commit: at(first), path: '/missing' }, literal: true } }])
    t.equal(await text(rpc, at(none), '/b'), undefined, 'nothing is copied, silently')
    const attributes = { entries: { k: 'v' }, parts: { sizes: [1, 2] } }
    const put = await rpc.send(modify, [{ set_commit: onBranch }, { add_file: { path: '/k', raw: { value: Buffer.from('kkk') }, attributes } }])
    const copied = await rpc.send(modify, [
      { set_commit: onBranch },
      { copy_file: { dst: '/inherits', src: { commit: at(put), path: '/k' }, literal: true } },
      { copy_file: { dst: '/replaces', src: { commit: at(put), path: '/k' }, literal: true, attributes: {} } },
      { copy_file: { dst: '/a', src: { commit: at(put), path: '/k' }, append: true, literal: true } },
    ])
    const infos = await rpc.stream('/pfs_v2.API/GlobFile', { commit: at(copied), pattern: '/*' })
    const byPath = new Map(infos.map((info) => [info.file?.path, info]))
    t.same(byPath.get('/inherits')?.attributes, attributes)
    t.same(byPath.get('/replaces')?.attributes, {})
    t.equal(await text(rpc, at(copied), '/a'), 'onekkk')
    const appended = await rpc.send(modify, [{ set_commit: onBranch }, add('/k', '!')])
    const [k] = await rpc.stream('/pfs_v2.API/GlobFile', { commit: at(appended), pattern: '/k' })
    t.equal(k?.attributes, undefined, 'they describe exactly one content')
  },

  'reads: ranges, patterns, directories': async (t, rpc) => {
    const commit = at(await prepare(rpc))
    t.equal(await rpc.bytes({ ...exactly(commit, '/a'), offset: 1 }), 'ne')
    t.equal(await rpc.bytes({ ...exactly(commit, '/a'), offset: 1, length: 1 }), 'n')
    t.equal(await rpc.bytes({ ...exactly(commit, '/a'), offset: 3 }), '')
    t.equal(await rpc.bytes({ ...exactly(commit, '/a'), offset: 300 }), '')
    await t.rejects(rpc.bytes({ ...exactly(commit, '/a'), offset: -1 }), { name: 'RpcError' })
    await t.rejects(rpc.bytes(exactly(commit, '/missing')), { code: 5, details: /file \S+ not found in repo default\/r at commit / })
    t.same((await rpc.stream('/pfs_v2.API/GlobFile', { commit, pattern: '/dir/*' })).map(({ file }) => file?.path), ['/dir/x', '/dir/y'])
    t.same((await rpc.stream('/pfs_v2.API/ListFile', { file: { commit, path: '/' } })).map(({ file }) => file?.path), ['/a', '/dir/'])
    t.same((await rpc.stream('/pfs_v2.API/WalkFile', { file: { commit, path: '/dir' } })).map(({ file }) => file?.path), ['/dir/', '/dir/x', '/dir/y'])
    t.match(await rpc.unary('/pfs_v2.API/InspectFile', { file: { commit, path: '/dir' } }), { file_type: 'DIR', size_bytes: 1 })
    await t.rejects(rpc.unary('/pfs_v2.API/InspectFile', { file: { commit, path: '/no' } }), { code: 5 })
    await t.rejects(rpc.stream('/pfs_v2.API/GlobFile', { commit, pattern: '[' }), { code: 2 })
  },

  'short files come with their content, where that is asked for': async (t, rpc) => {
    const files = { '/inline': 'x', '/short': 'y'.repeat(5000), '/shorter': 'z'.repeat(4999), '/long': 'l'.repeat(300_000), '/none': '' }
    await prepare(rpc)
    const commit = at(await rpc.send(modify, [
      { set_commit: onBranch }, { delete_file: { path: '/a' } }, { delete_file: { path: '/dir/' } },
      ...Object.entries(files).map(([path, content]) => add(path, content)),
    ]))
    const told = async (contentBytesMax?: number): Promise<Record<string, string | undefined>> => {
      const found = await rpc.stream('/pfs_v2.API/GlobFile', {
        commit, pattern: '**', ...contentBytesMax === undefined ? {} : { content_bytes_max: contentBytesMax },
      })
      const contents = found.map(({ file, content }) => [file?.path ?? '', content?.toString()] as const)
      // Whoever gets a message may write into it.
      for (const { content } of found) content?.fill('!')
      return Object.fromEntries(contents)
    }
    const { '/inline': inline, '/short': short, '/shorter': shorter } = files
    const none = { '/inline': undefined, '/short': undefined, '/shorter': undefined, '/long': undefined, '/none': undefined }
    t.same(await told(), none)
    t.same(await told(0), none)
    t.same(await told(4999), { ...none, '/inline': inline, '/shorter': shorter })
    t.same(await told(5000), { ...none, '/inline': inline, '/shorter': shorter, '/short': short })
    t.equal((await told(1_000_000))['/long'], undefined, 'what is longer than a message of GetFile is read by it')
    for (const path of ['/inline', '/short'] as const) t.equal(await text(rpc, commit, path), files[path])
    await t.rejects(told(-1), { code: 3 })
    const longer = at(await rpc.send(modify, [{ set_commit: onBranch }, add('/short', ' and more')]))
    const [pieces] = await rpc.stream('/pfs_v2.API/GlobFile', { commit: longer, pattern: '/short', content_bytes_max: 10_000 })
    t.match(pieces, { size_bytes: 5009 })
    t.equal(pieces?.content, undefined, 'a file of several pieces is read by GetFile')
    t.equal(await text(rpc, longer, '/short'), `${short} and more`)
  },

  'open commits': async (t, rpc) => {
    const first = await prepare(rpc)
    const open = await rpc.unary('/pfs_v2.API/StartCommit', { branch })
    const id = open.id ?? ''
    t.match(await rpc.unary('/pfs_v2.API/InspectBranch', { branch }), { head: { id } })
    await t.rejects(rpc.unary('/pfs_v2.API/StartCommit', { branch }), { code: 2, details: /parent commit \S+ has not been finished/ })
    await rpc.send(modify, [{ set_commit: onBranch }, add('/b', 'b')])
    t.equal((await rpc.unary('/pfs_v2.API/InspectCommit', { commit: open })).finished, undefined)
    await rpc.unary('/pfs_v2.API/FinishCommit', { commit: open })
    t.ok((await rpc.unary('/pfs_v2.API/InspectCommit', { commit: open, wait: 'FINISHED' })).finished)
    await t.rejects(rpc.unary('/pfs_v2.API/FinishCommit', { commit: open }), { code: 2, details: /has already finished/ })
    t.equal(await text(rpc, at(id), '/b'), 'b')
    const failed = await rpc.unary('/pfs_v2.API/StartCommit', { branch })
    await rpc.send(modify, [{ set_commit: onBranch }, add('/c', 'c')])
    await rpc.unary('/pfs_v2.API/FinishCommit', { commit: failed, error: 'no good' })
    const after = await rpc.send(modify, [{ set_commit: onBranch }, add('/d', 'd')])
    t.equal(await text(rpc, at(after), '/c'), undefined, 'what a failed commit brought is left out')
    const line = await rpc.stream('/pfs_v2.API/ListCommit', { repo, to: at(after) })
    t.same(line.slice(0, 4).map(({ commit }) => commit?.id), [after, failed.id, id, first])
    t.match(line[1], { error: 'no good' })
  },

  'pages': async (t, rpc) => {
    const commit_id = await prepare(rpc)
    const page = { project: 'default', repo: 'r', repo_type: 'user', commit_id, prefix: '/', delimiter: '/' }
    t.match(await rpc.unary('/pfs_extension.API/List', page), { files: [{ path: '/a', size_bytes: 3 }], common_prefixes: ['/dir/'] })
    t.match(await rpc.unary('/pfs_extension.API/List', { ...page, limit: 1 }), { files: [{ path: '/a' }], truncated: true, last: '/a' })
    t.same((await rpc.unary('/pfs_extension.API/List', { ...page, after: '/dir/', after_subtree: true })).files ?? [], [])
    const gone = rpc.unary('/pfs_extension.API/List', { ...page, commit_id: '0123456789ab4cdef0123456789abcde' })
    await t.rejects(gone, { code: 5, details: /commit \S+ not found/ })
    await rpc.unary('/pfs_extension.API/Capabilities', {})
    await t.rejects(rpc.unary('/auth_v2.API/WhoAmI', {}), { code: 12 })
  },
}

for (const [name, run] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const logs: Recorder['log'][] = []
    for (const kind of transports) {
      await t.test(kind, async (t) => {
        const rpc = new Recorder(await realServer(t, kind))
        logs.push(rpc.log)
        await run(t, rpc)
      })
    }
    t.strictSame(logs[0], logs[1], 'message by message')
  })
}
