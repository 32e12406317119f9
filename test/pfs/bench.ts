import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const root = join(__dirname, '../..')

t.test('the bench of the contract runs', (t) => {
  execFile(process.execPath, ['--import', 'tsx', 'bench/pfs/pfs.ts', '--tiny'], { cwd: root }, (error, stdout) => {
    t.equal(error, null)
    t.match(stdout, /in-process: put 4 KiB, 4 writers: [\d.]+ us/)
    t.match(stdout, /grpc: \d+ commits/)
    t.end()
  })
})

t.test('the bench of uploads runs', (t) => {
  execFile(process.execPath, ['--import', 'tsx', 'bench/pfs/uploads/uploads.ts', '--tiny'], { cwd: root }, (error, stdout) => {
    t.equal(error, null)
    t.match(stdout, /^an object of 200000 bytes in 200 parts$/m)
    t.end()
  })
})
