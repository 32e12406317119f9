import t from 'tap'
import { getObjectTagging } from '../../lib/operations/get-object-tagging'
import { callOf, headersOf, objectScope } from '../support/call'
import { contentOf } from '../support/document'
import { FakePfs } from '../support/fake-pfs'

const bucket = 'master.foo.default'

t.test('an object has no tags, whatever its version', async (t) => {
  const pfs = new FakePfs()
  const version = await pfs.seed(bucket, { k: 'old' })
  const later = await pfs.seed(bucket, { other: 'x' })
  const ask = (query = 'tagging', key = 'k', on = bucket) => getObjectTagging.run(callOf(pfs, objectScope(on, key), { query }))
  pfs.calls.length = 0
  const reply = await ask()
  t.same(pfs.calls, ['snapshot', 'stat'])
  t.match(reply, { status: 200, body: { kind: 'bytes' } })
  t.equal(contentOf(reply), '<TagSet></TagSet>')
  t.same(headersOf(reply), { 'content-type': 'application/xml', 'x-amz-version-id': version })
  t.equal(headersOf(await ask(`tagging&versionId=${later}`))['x-amz-version-id'], later)
  t.equal(headersOf(await ask('tagging', 'other', `${later}.master.foo`))['x-amz-version-id'], later)
  await t.rejects(ask('tagging', 'absent'), { code: 'NoSuchKey' })
  await t.rejects(ask('tagging', 'other', `${version}.master.foo`), { code: 'NoSuchKey' })
  await t.rejects(ask(`tagging&versionId=${version}`, 'other'), { code: 'NoSuchVersion' })
  await t.rejects(ask('tagging&versionId=x'), { code: 'InvalidArgument' })
  await t.rejects(ask('tagging', 'k', 'master.absent'), { name: 'PfsError', kind: 'no-bucket' })
})
