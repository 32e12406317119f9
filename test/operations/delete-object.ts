import t from 'tap'
import { deleteObject } from '../../lib/operations/delete-object'
import { callOf, headersOf, objectScope, type CallOptions } from '../support/call'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'

async function begin() {
  const pfs = new FakePfs()
  const version = await pfs.seed(bucket, { k: 'abc', 'k/below': 'x' }, { entries: { 'd:md5': '900150983cd24fb0d6963f7d28e17f72' } })
  const remove = (options: CallOptions = {}, key = 'k') =>
    deleteObject.run(callOf(pfs, objectScope(bucket, key), { method: 'DELETE', ...options }))
  return { pfs, version, remove }
}

t.test('deletes exactly one key, and an absent one too', async (t) => {
  const { pfs, remove } = await begin()
  const reply = await remove()
  t.equal(reply.status, 204)
  t.same(headersOf(reply), { 'x-amz-version-id': pfs.head(bucket) })
  t.same(pfs.calls, ['write'])
  t.equal(pfs.text(bucket, 'k'), undefined)
  t.equal(pfs.text(bucket, 'k/below'), 'x')
  t.equal((await remove()).status, 204)
})

t.test('conditions are judged in the commit', async (t) => {
  const { pfs, remove } = await begin()
  await t.rejects(remove({ headers: { 'If-Match': '"other"' } }), { code: 'PreconditionFailed', members: { Condition: 'If-Match' } })
  await t.rejects(remove({ headers: { 'x-amz-if-match-size': '4' } }), { code: 'PreconditionFailed' })
  await t.rejects(remove({ headers: { 'If-Match': '*' } }, 'absent'), { code: 'NoSuchKey' })
  t.equal(pfs.text(bucket, 'k'), 'abc')
  await remove({ headers: { 'If-Match': '"900150983cd24fb0d6963f7d28e17f72"', 'x-amz-if-match-size': '3' } })
  t.equal(pfs.text(bucket, 'k'), undefined)
})

t.test('a version is never deleted, nor the head in its place', async (t) => {
  const { pfs, version, remove } = await begin()
  for (const id of [version, 'null', 'ffffffffffff4fffffffffffffffffff']) {
    await t.rejects(remove({ query: `versionId=${id}` }), { code: 'NotImplemented', status: 501 }, id)
  }
  await t.rejects(remove({ query: 'versionId=abc' }), { code: 'InvalidArgument', message: 'Invalid version id specified' })
  await t.rejects(remove({ query: 'versionId=' }), { code: 'InvalidArgument', message: 'Version id cannot be the empty string' })
  await t.rejects(remove({ gone: () => true }), { name: 'PfsError', kind: 'abandoned' })
  t.equal(pfs.head(bucket), version)
})
