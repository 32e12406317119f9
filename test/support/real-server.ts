import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { grpc } from '../../lib/pfs/transports/grpc'
import { inProcess } from '../../lib/pfs/transports/in-process'
import type { Transport } from '../../lib/pfs/transport'
import { openPfsd } from '../../lib/pfsd/main'
import { throughCodec } from './through-codec'

export const transports = ['in-process', 'grpc'] as const

/** The embedded server on an empty directory, reached one way or the other; both end with the test. */
export async function realServer(t: Test, kind: typeof transports[number], paths: 's3' | 'pachd' = 's3'): Promise<Transport> {
  const directory = await mkdtemp(join(tmpdir(), 'pfs-contract-'))
  const server = await openPfsd({ directory, paths })
  let transport: Transport
  if (kind === 'in-process') transport = throughCodec(inProcess(server.service))
  else transport = grpc(`grpc://127.0.0.1:${(await server.serve('127.0.0.1:0')).port}`)
  t.teardown(async () => {
    transport.close()
    await server.close()
    await rm(directory, { recursive: true, force: true })
  })
  return transport
}
