import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { helpText } from '../lib/config'
import { selfSigned } from './support/certificate'
import { keyFile } from './support/key-file'
import { eventually } from './support/process-census'
import { RawConnection } from './support/raw-connection'
import { ownEnvironment, startServer } from './support/server'

const root = join(__dirname, '..')

t.test('--help and --version print and exit', (t) => {
  const run = (flag: string) => spawnSync(process.execPath, [join(root, 'lib/server.js'), flag], { env: ownEnvironment(), encoding: 'utf8' })
  t.match(run('--help'), { status: 0, stdout: `${helpText()}\n`, stderr: '' })
  t.match(run('--version'), { status: 0, stdout: /^pfs-s3 \d+\.\d+\.\d+\n$/, stderr: '' })
  t.end()
})

t.test('the package holds what runs, and no sources', (t) => {
  const told = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' })
  const files = new Set([...told.matchAll(/"path": "([^"]+)"/g)].map(([, path]) => path ?? ''))
  for (const path of ['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json', 'lib/server.js', 'proto/pfs.proto']) t.ok(files.has(path), path)
  for (const path of files) {
    if (!/^(lib\/.*\.js|proto\/\w+\.proto|[A-Z]+(\.md)?|package\.json)$/.test(path)) t.fail(path)
  }
  t.end()
})

t.test('a free port for other gRPC clients is told in the log', async (t) => {
  const server = await startServer(t.testdir(), ['--serve-pfs', '127.0.0.1:0', '--log-level', 'info'])
  t.ok(await eventually(() => /PFS for other gRPC clients on port [1-9]\d+/.test(server.log())))
  t.equal(await server.stop(), 0)
})

t.test('keys and certificate are read again together, or not at all', async (t) => {
  const directory = t.testdir()
  const { cert, key } = selfSigned()
  const [certFile, keyPath] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
  writeFileSync(certFile, cert)
  writeFileSync(keyPath, key, { mode: 0o600 })
  const keys = [{ id: 'one', secret: 'secret-of-one', name: 'one' }]
  const flags = ['--tls-cert', certFile, '--tls-key', keyPath, '--log-level', 'info']
  const server = await startServer(join(directory, 'data'), [...keyFile(directory, keys, 'none'), ...flags])
  const statusUnsigned = async (): Promise<number | undefined> => {
    const connection = await RawConnection.open(server.port, true)
    await connection.head('GET', '/', { Connection: 'close' })
    const answer = await connection.answer()
    connection.close()
    return answer?.status
  }
  t.equal(await statusUnsigned(), 403)
  keyFile(directory, keys, 'full')
  writeFileSync(certFile, selfSigned().cert)
  server.process.kill('SIGHUP')
  t.ok(await eventually(() => server.log().includes('the old ones stay')), 'a certificate that is of another key')
  t.equal(await statusUnsigned(), 403, 'the old keys')
  writeFileSync(certFile, cert)
  server.process.kill('SIGHUP')
  t.ok(await eventually(() => server.log().includes('read keys and certificates again')))
  t.equal(await statusUnsigned(), 200, 'the new keys')
  t.equal(await server.stop(), 0)
})
