import t from 'tap'
import { put, rig, textOf } from '../support/pfs-rig'

const bucket = 'master.r'

t.test('a commit that fails unnamed is never answered, not even behind those of others', async (t) => {
  const { fake, repo, pfs, rpcs } = await rig({ extended: false })
  const good = await put(pfs, bucket, 'a', 'x')
  t.equal(good.version, repo.branches.get('master'))
  const fail = (others: number): void => {
    fake.afterCommit = (commit) => {
      fake.afterCommit = () => undefined
      commit.error = 'file / directory path collision (/a)'
      for (let i = 0; i < others; i++) fake.addCommit(repo, 'master')
    }
  }
  fail(0)
  await t.rejects(put(pfs, bucket, 'a/b', 'x'), { name: 'PfsError', kind: 'bad-path' })
  fail(2)
  rpcs.take()
  await t.rejects(put(pfs, bucket, 'a/b', 'x'), { name: 'PfsError', kind: 'unavailable' })
  t.equal(rpcs.take()['ModifyFile'], 1, 'nor is it sent again')
  fake.afterCommit = () => { fake.addCommit(repo, 'master') }
  t.equal((await put(pfs, bucket, 'c', 'x')).version, repo.branches.get('master'), 'which holds it')
  t.equal(await textOf(pfs, bucket, 'c'), 'x')
})
