import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { flags, helpText, readConfig, readSettingFile } from '../lib/config'

t.test('without settings: the embedded store on loopback', (t) => {
  t.match(readConfig([], {}), { listen: { host: '127.0.0.1', port: 30600 }, data: './data', paths: 's3', headMaxAgeMs: 0, pfs: undefined, tls: undefined })
  t.ok(Object.isFrozen(readConfig([], {})))
  t.end()
})

t.test('flags win over the environment', (t) => {
  const environment = { PFS_S3_LISTEN: '127.0.0.1:1', PFS_S3_HEAD_MAX_AGE: '2s', PATH: '/bin' }
  t.match(readConfig(['--listen', '[::1]:0'], environment), { listen: { host: '::1', port: 0 }, headMaxAgeMs: 2000 })
  t.match(readConfig(['--listen=localhost:7', '--paths=pachd'], environment), { listen: { host: 'localhost', port: 7 }, paths: 'pachd' })
  t.equal(readConfig([], { PACHD_ADDRESS: 'grpc://h:1' }).pfs, 'grpc://h:1')
  t.equal(readConfig([], { PACHD_ADDRESS: '' }).pfs, undefined)
  t.equal(readConfig(['--domain', 'S3.Test'], {}).domain, 's3.test')
  t.equal(readConfig(['--pfs', 'unix:/s'], { PACHD_ADDRESS: 'grpc://h:1' }).pfs, 'unix:/s')
  t.end()
})

t.test('help and version are asked for, whatever else is', (t) => {
  t.equal(readConfig([], {}).print, undefined)
  for (const word of ['--help', '-h']) t.equal(readConfig(['--listen', '0.0.0.0:1', word, '--version'], {}).print, 'help')
  t.equal(readConfig(['--version'], {}).print, 'version')
  t.equal(readConfig(['--help'], { PACHD_ADDRESS: 'localhost:30650' }).print, 'help')
  t.end()
})

t.test('what is not understood stops the start and is named', (t) => {
  const cases: [string[], Record<string, string>, RegExp][] = [
    [['--nope'], {}, /--nope/],
    [['stray'], {}, /stray/],
    [['--__proto__'], {}, /__proto__/],
    [['--listen'], {}, /--listen needs a value/],
    [['--listen', '30600'], {}, /not HOST:PORT/],
    [['--listen', 'h:70000'], {}, /not HOST:PORT/],
    [['--paths', 'posix'], {}, /--paths posix/],
    [['--head-max-age', '5'], {}, /--head-max-age 5/],
    [['--head-max-age', '-1s'], {}, /--head-max-age/],
    [['--help=yes'], {}, /takes no value/],
    [[], { PFS_S3_PORT: '1' }, /PFS_S3_PORT/],
    [[], { PFS_S3_ALLOW_OPEN: 'yes' }, /PFS_S3_ALLOW_OPEN yes/],
    [['--tls-cert', 'c'], {}, /go together/],
    [['--pfs', 'grpc://h:1', '--data', 'd'], {}, /--data .* --pfs/],
    [['--data', 'd'], { PACHD_ADDRESS: 'grpc://h:1' }, /--data .* PACHD_ADDRESS/],
    [['--pfs', 'localhost:30650'], {}, /^--pfs localhost:30650: .* grpc:\/\/localhost:30650, or grpcs:/],
    [[], { PACHD_ADDRESS: 'localhost:30650' }, /^PACHD_ADDRESS localhost:30650: .* grpc:\/\/localhost:30650, or grpcs:/],
    [['--pfs', '[::1]:30650'], { PACHD_ADDRESS: 'grpc://h:1' }, /^--pfs \[::1\]:30650: .* grpc:\/\/\[::1\]:30650,/],
    [[], { PFS_S3_PFS: 'http://h:1' }, /^PFS_S3_PFS http:\/\/h:1: not grpc:\/\/host:port/],
    [['--listen', '0.0.0.0:30600'], {}, /--allow-open/],
    [['--serve-pfs', '0.0.0.0:1'], {}, /loopback/],
    [['--domain', 'http://s3.test'], {}, /--domain http.* scheme/],
    [['--domain', 's3.test:30600'], {}, /--domain .* port/],
    [['--data', ''], {}, /--data needs a value/],
    [[], { PFS_S3_KEYS: '' }, /^PFS_S3_KEYS needs a value/],
    [[], { PFS_S3_HEAD_MAX_AGE: 'foo' }, /^PFS_S3_HEAD_MAX_AGE foo: /],
    [['--head-max-age', 'bar'], { PFS_S3_HEAD_MAX_AGE: '2s' }, /^--head-max-age bar: /],
  ]
  for (const [argv, environment, message] of cases) {
    t.throws(() => readConfig(argv, environment), { message }, [...argv, JSON.stringify(environment)].join(' '))
  }
  t.doesNotThrow(() => readConfig(['--listen', '0.0.0.0:30600', '--allow-open'], {}))
  t.doesNotThrow(() => readConfig(['--listen', '0.0.0.0:30600', '--keys', 'f'], {}))
  for (const address of ['grpc://h:1', 'grpcs://h', 'unix:./s', 'unix:///s']) t.equal(readConfig(['--pfs', address], {}).pfs, address)
  t.end()
})

t.test('a secret file that others can read is refused', (t) => {
  const file = join(t.testdir(), 'keys.json')
  writeFileSync(file, '{}', { mode: 0o600 })
  t.equal(readSettingFile('keys', file, true).toString(), '{}')
  chmodSync(file, 0o604)
  t.throws(() => readSettingFile('keys', file, true), { name: 'ConfigError', message: /chmod 600/ })
  t.throws(() => readSettingFile('keys', `${file}-none`, true), { message: /--keys .*ENOENT/ })
  t.end()
})

t.test('help and README list every flag', (t) => {
  const readme = readFileSync(join(__dirname, '../README.md'), 'utf8')
  for (const name of Object.keys(flags)) {
    t.match(helpText(), `--${name} `)
    t.match(readme, `\`--${name}`, `README names --${name}`)
  }
  t.end()
})
