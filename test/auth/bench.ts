import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.test('the bench runs', (t) => {
  const root = join(__dirname, '../..')
  execFile(process.execPath, ['--import', 'tsx', 'bench/auth/verify.ts', '--tiny'], { cwd: root }, (error, stdout) => {
    t.equal(error, null)
    t.match(stdout, /^GET, presigned +[\d.]+ us$/m)
    t.end()
  })
})
