import { spawn, spawnSync, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { limits } from '../lib/limits'
import { redactTarget } from '../lib/observe'
import { ownEnvironment } from './support/server'

t.test('credentials never reach the log', (t) => {
  const target = '/b/k?X-Amz-Credential=SECRET%2F2024&X-Amz-Signature=abc&prefix=p&AWSAccessKeyId=SECRET&Signature=x&x-amz-security-token=SECRET'
  t.equal(redactTarget(target), '/b/k?X-Amz-Credential=…&X-Amz-Signature=…&prefix=p&AWSAccessKeyId=…&Signature=…&x-amz-security-token=…')
  t.equal(redactTarget('/b/Signature=kept'), '/b/Signature=kept')
  t.equal(redactTarget('/b/&a=1?X%2DAmz%2dSignature=SECRET&%53ignature=SECRET'), '/b/&a=1?X%2DAmz%2dSignature=…&%53ignature=…')
  t.equal(redactTarget('/b/k?x-amz-server-side-encryption-customer-key=SECRET&a%3D=b'),
    '/b/k?x-amz-server-side-encryption-customer-key=…&a%3D=b')
  t.ok(redactTarget('/'.repeat(1_000_000)).length < 3000)
  t.end()
})

t.test('one JSON line a request, faults with their stack', (t) => {
  const script = `
    const { openLog } = require(${JSON.stringify(join(__dirname, '../lib/observe'))})
    const log = openLog('info')
    const event = {
      requestId: 'r1', operation: 'GetObject', method: 'GET', target: '/b/\\r\\nk', peer: '127.0.0.1', who: 'anonymous', status: 200,
      code: undefined, version: 'c1', bytesReceived: 4, bytesSent: 3, whole: true, ms: 1.23456, fault: undefined,
    }
    log.access(event)
    log.access({ ...event, status: 500, fault: new Error('the cause') })
    log.flush().then(() => {
      const quiet = openLog('warn')
      quiet.access(event)
      quiet.access({ ...event, whole: false, fault: new Error('the source failed') })
    })`
  const lines = spawnSync(process.execPath, ['-e', script], { env: ownEnvironment(), encoding: 'utf8' }).stderr.trim().split('\n')
  t.equal(lines.length, 3, 'a quiet log is told of faults only')
  t.match(JSON.parse(lines[0] ?? ''), { level: 30, id: 'r1', op: 'GetObject', target: '/b/\r\nk', status: 200, version: 'c1', in: 4, out: 3, ms: 1.235 })
  t.match(JSON.parse(lines[1] ?? ''), { level: 50, status: 500, err: { message: 'the cause', stack: /Error: the cause/ } })
  t.match(JSON.parse(lines[2] ?? ''), { level: 50, status: 200, cut: true, err: { message: 'the source failed' } })
  t.end()
})

const lines = Math.ceil(3 * limits.logCharactersMax / 1000)
const overflowing = `
  const { openLog } = require(${JSON.stringify(join(__dirname, '../lib/observe'))})
  const log = openLog('info')
  for (let i = 0; i < ${String(lines)}; i++) log.info('x'.repeat(1000))
  process.stdout.write('logged')
  process.stdin.once('data', () => { log.flush().then(() => { process.exit(7) }) })`

/** A process that logs three times what may wait, and flushes its log when it is told to. */
function overflow(stderr: 'pipe' | number) {
  const stdio: StdioOptions = ['pipe', 'pipe', stderr]
  const child = spawn(process.execPath, ['-e', overflowing], { env: ownEnvironment(), stdio })
  t.teardown(() => { child.kill('SIGKILL') })
  return child
}

t.test('a log on a full disk stops nothing', async (t) => {
  const child = overflow(openSync('/dev/full', 'w'))
  t.equal(String(await once(child.stdout ?? child, 'data')), 'logged')
  child.stdin?.write('end')
  t.same(await once(child, 'exit'), [7, null])
})

t.test('a log that nobody reads stops nothing, and loses what it cannot hold', async (t) => {
  const child = overflow('pipe')
  t.equal(String(await once(child.stdout ?? child, 'data')), 'logged')
  child.stdin?.write('end')
  t.same(await once(child, 'exit'), [7, null])
})

t.test('once lines can be written again, the log says how many are lost', async (t) => {
  const child = overflow('pipe')
  t.equal(String(await once(child.stdout ?? child, 'data')), 'logged')
  if (child.stderr === null) throw new Error('a pipe was asked for')
  let log = ''
  for await (const chunk of child.stderr) {
    log += String(chunk)
    if (log.includes('"lost"')) child.stdin?.write('end')
  }
  const told = log.trim().split('\n')
  const last: unknown = JSON.parse(told.at(-1) ?? '')
  t.match(last, { level: 50, lost: lines - (told.length - 1) })
  t.ok(told.length > lines / 4, 'what may wait is kept')
})
