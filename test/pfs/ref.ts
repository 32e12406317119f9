import t from 'tap'
import { bucketRef } from '../../lib/pfs/ref'

const id = '0123456789ab4cdef0123456789abcde'

t.test('all forms of a name', (t) => {
  const full = { name: 'b.r.p', project: 'p', repo: 'r', branch: 'b' }
  t.same(bucketRef('b.r.p'), full)
  t.same(bucketRef(`${id}.b.r.p`), { ...full, name: `${id}.b.r.p`, commit: id })
  t.same(bucketRef('b.r'), { ...full, name: 'b.r.default', project: 'default' })
  t.same(bucketRef(`${id}.b.r`), { name: `${id}.b.r.default`, project: 'default', repo: 'r', branch: 'b', commit: id })
  t.same(bucketRef('r'), { name: 'master.r.default', project: 'default', repo: 'r', branch: 'master' })
  t.same(bucketRef(`${id}.r`), { name: `${id}.master.r.default`, project: 'default', repo: 'r', branch: 'master', commit: id })
  t.match(bucketRef(id), { repo: id, branch: 'master' }, 'a repo may be named like a commit')
  t.match(bucketRef(`b.${id}`), { repo: id, branch: 'b' })
  t.match(bucketRef('A_b-C.R_1'), { repo: 'R_1', branch: 'A_b-C' })
  t.end()
})

t.test('a canonical name means itself', (t) => {
  for (const name of ['r', 'b.r', 'b.r.p', `${id}.r`, `${id}.b.r.p`]) t.equal(bucketRef(bucketRef(name).name).name, bucketRef(name).name)
  t.end()
})

t.test('what is no name', (t) => {
  const bad = [
    '', '.', 'a.', '.a', 'a..b', '-a', 'a-', 'a.-b', 'a-.b', 'a b', 'a/b', 'é', 'a\0', 'a@b', 'a^', '192.168.5.4', '1.2.3.4', 'a.b.c.d',
    `${id}.a.b.c.d`, 'x'.repeat(256), `a.b.${'p'.repeat(52)}`, 'a.b._p', `${id}.${id}.r`, `${id.toUpperCase()}.b.r`, 'b.r.p\n',
    `${id}.${'r'.repeat(220)}`,
  ]
  for (const name of bad) t.throws(() => bucketRef(name), { name: 'PfsError', kind: 'bad-name' }, JSON.stringify(name))
  t.throws(() => bucketRef('b.__filesets__'), { name: 'PfsError', kind: 'no-bucket' })
  t.doesNotThrow(() => bucketRef(`a.b.${'p'.repeat(51)}`))
  t.end()
})
