import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.test('the bench runs', (t) => {
  const root = join(__dirname, '../../..')
  execFile(process.execPath, ['--import', 'tsx', 'bench/pfsd/store/transact.ts', '--tiny'], { cwd: root }, (error, stdout) => {
    t.equal(error, null)
    t.match(stdout, /^transaction, 64 at a time: \d+ us each/m)
    t.end()
  })
})
