import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openPfsd } from '../../../lib/pfsd/main'
import { RpcClient } from '../../support/rpc-client'
import { add, master, refusal, repo } from '../../support/test-pfsd'

t.test('content that is damaged is left out, and all else is told', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pfsd-'))
  t.teardown(() => { rmSync(directory, { recursive: true }) })
  const first = await openPfsd({ directory, paths: 's3' })
  const client = new RpcClient(first.service)
  await client.unary('/pfs_v2.API/CreateRepo', { repo })
  const [damaged, whole] = ['d'.repeat(5000), 'w'.repeat(5000)] as const
  await client.upload('/pfs_v2.API/ModifyFile', [{ set_commit: master }, add('/damaged', damaged), add('/whole', whole)])
  await first.close()
  const [segment = ''] = readdirSync(join(directory, 'segments')).map((name) => join(directory, 'segments', name))
  const bytes = readFileSync(segment)
  bytes.write('x', bytes.indexOf(damaged))
  writeFileSync(segment, bytes)
  const second = await openPfsd({ directory, paths: 's3' })
  t.teardown(() => second.close())
  const found = await new RpcClient(second.service).list('/pfs_v2.API/GlobFile', { commit: master, pattern: '**', content_bytes_max: 10_000 })
  const told = found.filter(({ file_type: type }) => type === 'FILE')
  t.same(told.map(({ file, size_bytes: size, content }) => [file?.path, size, content?.toString()]), [
    ['/damaged', 5000, undefined], ['/whole', 5000, whole],
  ])
  const read = new RpcClient(second.service).list('/pfs_v2.API/GetFile', { file: { commit: master, path: '/damaged' } })
  t.match((await refusal(read)).details, /is not what was written/)
})
