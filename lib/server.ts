#!/usr/bin/env node
import { setUpEngine } from './engine'

setUpEngine()

import { Keys } from './auth/keys'
import { type Config, ConfigError, helpText, readConfig, readSettingFile, underSetting, versionText } from './config'
import { gateway } from './gateway'
import { listen } from './http/listener'
import { Budget } from './kit/budget'
import { limits } from './limits'
import { openLog } from './observe'
import { table } from './operations/table'
import { connect } from './pfs/pfs'
import { grpc } from './pfs/transports/grpc'
import { inProcess } from './pfs/transports/in-process'
import type { Transport } from './pfs/transport'
import { openPfsd } from './pfsd/main'
import { drainOnSignal, exit } from './signals'

interface Backend { readonly transport: Transport, readonly servedPort?: number, readonly close: () => Promise<void> }

async function openBackend(config: Config): Promise<Backend> {
  if (config.pfs !== undefined) {
    const transport = grpc(config.pfs)
    return { transport, close: () => { transport.close(); return Promise.resolve() } }
  }
  const pfsd = await openPfsd({ directory: config.data, paths: config.paths })
  const { servePfs } = config
  const served = servePfs === undefined ? undefined : await underSetting(`--serve-pfs ${servePfs}`, () => pfsd.serve(servePfs))
  return {
    transport: inProcess(pfsd.service, (bytes) => { pfsd.store.giveBack(bytes) }),
    ...served === undefined ? {} : { servedPort: served.port },
    close: async () => {
      await served?.close()
      await pfsd.close()
    },
  }
}

async function main(): Promise<void> {
  const config = readConfig(process.argv.slice(2), process.env)
  if (config.print !== undefined) {
    process.stdout.write(`${config.print === 'help' ? helpText() : versionText()}\n`)
    return
  }
  const { keysFile } = config
  const readKeys = () => underSetting(`--keys ${keysFile ?? ''}`, () => {
    return keysFile === undefined ? Keys.open : Keys.parse(readSettingFile('keys', keysFile, true).toString())
  })
  const readTls = () => config.tls && {
    cert: readSettingFile('tls-cert', config.tls.certFile),
    key: readSettingFile('tls-key', config.tls.keyFile, true),
  }
  let keys = await readKeys()
  const tls = readTls()
  const log = openLog(config.logLevel)
  // What the store keeps is for its owner only, as the keys are.
  process.umask(0o077)
  const place = config.pfs === undefined ? `--data ${config.data}` : `--pfs ${config.pfs}`
  const backend = await underSetting(place, () => openBackend(config))
  const whole = new Budget(limits.bodyBudgetBytes)
  const [budget, documents] = [new Budget(limits.heldBudgetBytes, whole), new Budget(limits.documentBudgetBytes, whole)]
  const alone = config.pfs === undefined && config.servePfs === undefined
  const pfs = await underSetting(place, () => connect(backend.transport, { budget, headAgeMsMax: config.headMaxAgeMs, alone }))
  const serve = gateway({ table, pfs, documents, keys: () => keys, domain: config.domain, now: Date.now, observe: log.access })
  const settings = tls === undefined ? '--listen' : '--listen with --tls-cert and --tls-key'
  const listener = await underSetting(settings, () => listen({ ...config.listen, tls }, serve))
  const reread = async (): Promise<void> => {
    const fresh = { keys: await readKeys(), tls: readTls() }
    if (fresh.tls !== undefined) listener.setTls(fresh.tls)
    keys = fresh.keys
    log.info('read keys and certificates again')
  }
  process.on('SIGHUP', () => {
    reread().catch((error: unknown) => { log.error('keys or certificates cannot be read again: the old ones stay', error) })
  })
  const sweep = (): void => { pfs.uploads.sweepAll().catch((error: unknown) => { log.error('old uploads cannot be removed', error) }) }
  const sweeping = setInterval(sweep, limits.uploadSweepMs).unref()
  drainOnSignal(async () => {
    clearInterval(sweeping)
    log.info('stopping: requests under way may finish')
    await listener.drain(limits.drainMsMax)
    await backend.close()
  }, log)
  if (backend.servedPort !== undefined) log.info(`PFS for other gRPC clients on port ${String(backend.servedPort)}`)
  log.info(`${place}, ${keysFile === undefined ? 'open to everyone' : `keys of ${keysFile}`}`)
  const host = config.listen.host.includes(':') ? `[${config.listen.host}]` : config.listen.host
  sweep()
  process.stdout.write(`pfs-s3 listening on ${tls === undefined ? 'http' : 'https'}://${host}:${String(listener.port)}\n`)
}

main().catch((error: unknown) => {
  const plain = error instanceof ConfigError || (error instanceof Error && 'code' in error)
  process.stderr.write(`pfs-s3: ${plain ? error.message : error instanceof Error ? error.stack ?? error.message : String(error)}\n`)
  exit(1)
})
