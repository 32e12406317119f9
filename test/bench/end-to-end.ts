import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

t.test('the bench of the whole pipe runs', (t) => {
  execFile(process.execPath, ['--import', 'tsx', 'bench/end-to-end.ts', '--tiny'], { cwd: join(__dirname, '../..') }, (error, stdout) => {
    t.equal(error, null)
    for (const what of ['PUT 4 KiB', 'GET 4 KiB', 'HEAD', 'LIST 1,000', 'PUT 64 MiB', 'GET 64 MiB']) {
      t.match(stdout, new RegExp(`^${what} +c=64 +\\d+/s +[\\d.]+ of bare +p50 [\\d.]+ ms +p99 [\\d.]+ ms `, 'm'))
    }
    t.end()
  })
})
