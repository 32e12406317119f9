import { Keys } from '../../lib/auth/keys'
import { verify } from '../../lib/auth/verify'
import { Head } from '../../lib/kit/head'
import { keyFile, now, presigned, signedFields } from '../../test/support/signed-head'

/**
 * What it costs to find out who is asking: microseconds for one head, parsing of its fields included. `--tiny` runs each once, to
 * show that it still runs.
 */
const tiny = process.argv.includes('--tiny')
const keys = Keys.parse(keyFile)

function report(name: string, judged: Keys, parts: { method: string, target: string, fields: readonly (readonly [string, string])[] }): void {
  const raw = parts.fields.flat()
  const run = (): unknown => verify(new Head(parts.method, parts.target, raw), { keys: judged, now })
  const times = tiny ? 1 : 100_000
  for (let i = 0; i < (tiny ? 0 : 20_000); i++) run()
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) run()
  const { user, system } = process.cpuUsage(before)
  const microseconds = (user + system) / times
  process.stdout.write(`${name.padEnd(48)}${microseconds.toFixed(2).padStart(8)} us\n`)
}

const get = { method: 'GET', target: '/master.images.default/a/b.txt' }
const put = { method: 'PUT', target: '/master.images.default/a%20b/%C3%A9%281%29.txt' }
const list = { method: 'GET', target: '/master.images.default?delimiter=%2F&encoding-type=url&list-type=2&prefix=a%2Fb' }
const meta = { fields: [['content-type', 'text/plain'], ['x-amz-checksum-crc32', 'AAAAAA=='], ['x-amz-meta-a', 'b'], ['x-amz-meta-c', 'd']] as const }
const plain: readonly (readonly [string, string])[] = [['Host', 'gateway.test'], ['User-Agent', 'bench']]

report('GET, signed', keys, { ...get, fields: signedFields(get) })
report('PUT with metadata and an odd key, signed', keys, { ...put, fields: signedFields({ ...put, ...meta }) })
report('LIST, signed', keys, { ...list, fields: signedFields(list) })
report('GET, presigned', keys, { ...get, ...presigned(get) })
report('GET, signed, open gateway', Keys.open, { ...get, fields: signedFields(get) })
report('GET, unsigned, open gateway', Keys.open, { ...get, fields: plain })
