import t from 'tap'
import { add, master, refusal, repo, testPfsd } from '../../support/test-pfsd'

t.test('a file set lives as long as it is asked to', async (t) => {
  let now = 1_000_000
  const test = await testPfsd(t, 's3', { now: () => now })
  const one = await test.fileSet([add('/part', 'x')])
  const two = await test.fileSet([add('/part', 'y')])
  const compose = (ids: string[], seconds: number): Promise<{ file_set_id?: string }> => (
    test.client.unary('/pfs_v2.API/ComposeFileSet', { file_set_ids: ids, ttl_seconds: seconds }))
  const renew = (id: string, seconds: number): Promise<unknown> => (
    test.client.unary('/pfs_v2.API/RenewFileSet', { file_set_id: id, ttl_seconds: seconds }))
  const view = (id: string): { repo: { name: string, type: string }, id: string } => ({ repo: { name: '__filesets__', type: 'user' }, id })
  const { file_set_id: pin = '' } = await compose([one], 3600)
  const { file_set_id: forever = '' } = await compose([one, two], 0)
  await renew(one, 1)
  now += 599_000
  t.equal(await test.read('/part', view(two)), 'y', 'ten minutes unless renewed')
  t.match(await refusal(renew(one, 60)), { code: 5, details: `tracker does not contain item: (fileset/${one})` })
  t.match(await refusal(compose([one], 60)), { code: 2, details: 'the operation would create a dangling reference' })
  t.match(await refusal(test.read('/part', view(one))), { code: 2, details: 'get file: path does not exist' })
  const copy = { copy_file: { dst: '/c', src: { commit: view(one), path: '/part' } } }
  t.match(await refusal(test.modify([copy])), { code: 2, details: 'path does not exist' })
  now += 2_000
  t.equal((await refusal(test.read('/part', view(two)))).code, 2)
  t.equal(await test.read('/part', view(pin)), 'x', 'what it is made of has expired, its bytes have not')
  now += 3_600_000
  t.equal((await refusal(test.read('/part', view(pin)))).code, 2)
  now += 1_000_000_000
  t.equal(await test.read('/part', view(forever)), 'xy')
  await renew(forever, 1)
  now += 2_000
  t.equal((await refusal(test.read('/part', view(forever)))).code, 2, 'until it is let go')
})

t.test('a composed file set lives no longer than pachd can count, and asking for more harms nobody', async (t) => {
  const test = await testPfsd(t)
  const one = await test.fileSet([add('/part', 'x')])
  const compose = (seconds: number): Promise<{ file_set_id?: string }> => (
    test.client.unary('/pfs_v2.API/ComposeFileSet', { file_set_ids: [one], ttl_seconds: seconds }))
  const { file_set_id: longest = '' } = await compose(9_223_372_036)
  for (const seconds of [9_223_372_037, 281_474_976_711, Number.MAX_SAFE_INTEGER]) {
    t.match(await refusal(compose(seconds)), { code: 3, details: /exceeds max ttl/ })
  }
  await test.modify([add('/a', 'y')])
  t.equal(await test.read('/a'), 'y')
  t.equal(await test.read('/part', { repo: { name: '__filesets__', type: 'user' }, id: longest }), 'x')
})

t.test('an upload of parts', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/key', 'old')])
  const attributes = { entries: { 'd:etag': 'e' }, parts: { sizes: [300_000, 4] } }
  const parts = [Buffer.alloc(300_000, 97), Buffer.from('tail')]
  const ids = await Promise.all(parts.map((part) => test.fileSet([add('/part', part)])))
  const { file_set_id: id = '' } = await test.client.unary('/pfs_v2.API/ComposeFileSet', { file_set_ids: ids, ttl_seconds: 60 })
  const src = { commit: { repo: { name: '__filesets__', type: 'user' }, id }, path: '/part' }
  const info = await test.stat('/part', src.commit)
  t.equal(info?.size_bytes, 300_004)
  t.equal(info?.created, undefined, 'no commit wrote it')
  await test.modify([{ copy_file: { dst: '/key', src, literal: true, attributes } }])
  t.equal(await test.read('/key'), Buffer.concat(parts).toString('latin1'))
  const stat = await test.stat('/key')
  t.same(stat?.attributes, attributes)
  t.equal(stat?.created?.commit_id, await test.head())
})

t.test('many parts read as one file, wherever one begins to read', async (t) => {
  const test = await testPfsd(t)
  const part = await test.fileSet([add('/part', Buffer.from('0123456789'.repeat(20)))])
  const { file_set_id: id = '' } = await test.client.unary('/pfs_v2.API/ComposeFileSet', { file_set_ids: Array.from({ length: 1000 }, () => part) })
  await test.modify([{ copy_file: { dst: '/big', src: { commit: { repo: { name: '__filesets__', type: 'user' }, id }, path: '/part' } } }])
  t.equal((await test.stat('/big'))?.size_bytes, 200_000)
  for (const [offset, length] of [[0, 5], [199, 3], [123_456, 1000], [199_995, 100], [200_000, 1]] as const) {
    const read = await test.client.list('/pfs_v2.API/GetFile', { file: { commit: master, path: '/big' }, offset, length })
    const expected = '0123456789'.repeat(20_000).slice(offset, offset + length)
    t.equal(Buffer.concat(read.map((message) => message.value ?? Buffer.alloc(0))).toString(), expected)
  }
})

t.test('deleting a directory in a file set concerns its own stream', async (t) => {
  const test = await testPfsd(t)
  await test.modify([add('/d/old', 'x')])
  const id = await test.fileSet([add('/d/1', 'x'), { delete_file: { path: '/d/' } }, add('/d/2', 'x')])
  const open = await test.client.unary('/pfs_v2.API/StartCommit', { branch: { repo, name: 'master' } })
  await test.client.unary('/pfs_v2.API/AddFileSet', { commit: open, file_set_id: id })
  t.same(await test.paths(open), ['/d/2', '/d/old'])
})
