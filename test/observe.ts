import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
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
    log.flush()
    const quiet = openLog('warn')
    quiet.access(event)
    quiet.access({ ...event, whole: false, fault: new Error('the source failed') })
    quiet.flush()`
  const lines = spawnSync(process.execPath, ['-e', script], { env: ownEnvironment(), encoding: 'utf8' }).stderr.trim().split('\n')
  t.equal(lines.length, 3, 'a quiet log is told of faults only')
  t.match(JSON.parse(lines[0] ?? ''), { level: 30, id: 'r1', op: 'GetObject', target: '/b/\r\nk', status: 200, version: 'c1', in: 4, out: 3, ms: 1.235 })
  t.match(JSON.parse(lines[1] ?? ''), { level: 50, status: 500, err: { message: 'the cause', stack: /Error: the cause/ } })
  t.match(JSON.parse(lines[2] ?? ''), { level: 50, status: 200, cut: true, err: { message: 'the source failed' } })
  t.end()
})
