import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.test('the bench of listings runs', (t) => {
  execFile(process.execPath, ['--import', 'tsx', 'bench/listing.ts', '--tiny'], { cwd: join(__dirname, '../..') }, (error, stdout) => {
    t.equal(error, null)
    for (const what of ['keys at the head', 'keys in the middle', 'common prefixes']) t.match(stdout, new RegExp(`^${what} +\\d+ +\\d+ +ratio \\d`, 'm'))
    t.end()
  })
})
