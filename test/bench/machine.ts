import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.test('the bench of the machine runs', (t) => {
  execFile(process.execPath, ['--import', 'tsx', 'bench/machine.ts', '--tiny'], { cwd: join(__dirname, '../..') }, (error, stdout) => {
    t.equal(error, null)
    for (const what of ['md5', 'sha256', 'crc32', 'a new file, synced', 'the same pages again']) {
      t.match(stdout, new RegExp(`^${what} +[\\d.]+ s/GiB \\([\\d.]+ system\\)$`, 'm'))
    }
    t.end()
  })
})
