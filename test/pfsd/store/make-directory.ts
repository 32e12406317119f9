import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import t from 'tap'
import { makeDirectory } from '../../../lib/pfsd/store/make-directory'
import { faultyFiles } from '../../support/faulty-files'

t.test('what is made, and what was there, is durable: each parent is synced behind it', async (t) => {
  const root = t.testdir()
  const { files, done } = faultyFiles(() => undefined)
  const path = `${root}/a/b/c`
  await makeDirectory(files, path)
  t.ok(statSync(path).isDirectory())
  const calls = (): string[] => done.splice(0).filter((call) => call.name !== 'openDirectory').map((call) => `${call.name} ${call.path.slice(root.length)}`)
  t.same(calls(), ['makeDirectory /a', 'sync ', 'makeDirectory /a/b', 'sync /a', 'makeDirectory /a/b/c', 'sync /a/b'])
  await makeDirectory(files, path)
  t.same(calls(), ['makeDirectory /a/b/c', 'sync /a/b'])
})

t.test('a parent that is hidden from us keeps only what we made ourselves from being taken', async (t) => {
  const root = t.testdir({ there: {} })
  const { files } = faultyFiles((call) => call.name === 'openDirectory' && call.path === root ? { code: 'EACCES' } : undefined)
  await makeDirectory(files, `${root}/there`)
  await t.rejects(makeDirectory(files, `${root}/new`), { code: 'EACCES' })
  for (const code of ['EMFILE', 'EIO']) {
    const { files } = faultyFiles((call) => call.path === dirname(`${root}/there`) ? { code } : undefined)
    await t.rejects(makeDirectory(files, `${root}/there`), { code })
  }
})

t.test('a file in the way, and a directory that takes none, are refused', async (t) => {
  const root = t.testdir({ file: '' })
  const { files } = faultyFiles(() => undefined)
  await t.rejects(makeDirectory(files, `${root}/file`), { code: 'EEXIST' })
  await t.rejects(makeDirectory(files, `${root}/file/below`), { code: 'ENOTDIR' })
  await t.rejects(makeDirectory(files, '/proc/none/below'), { code: 'ENOENT' })
})
