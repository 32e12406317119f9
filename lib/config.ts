import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Flags and environment → one frozen value. Every flag has an environment twin (`--head-max-age` is `PFS_S3_HEAD_MAX_AGE`),
 * flags win, and nothing that is not understood is passed over: a start that misread its settings is worse than none.
 */
export interface Config {
  readonly listen: Endpoint
  /** Directory of the embedded store; unused with `pfs`. */
  readonly data: string
  readonly paths: 's3' | 'pachd'
  /** Address of a PFS server; undefined: the embedded one. */
  readonly pfs: string | undefined
  readonly servePfs: string | undefined
  readonly keysFile: string | undefined
  readonly tls: { readonly certFile: string, readonly keyFile: string } | undefined
  readonly domain: string | undefined
  readonly headMaxAgeMs: number
  readonly logLevel: string
  /** Print this and exit, instead of serving. */
  readonly print: 'help' | 'version' | undefined
}

interface Endpoint { readonly host: string, readonly port: number }

/** A setting that cannot be used; the message names it, in one line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Runs a step of the start; whatever the world refuses in it comes out as a ConfigError that names the setting. Faults of the
 * program stay as they are.
 */
export async function underSetting<Result>(setting: string, step: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ConfigError || error instanceof TypeError || error instanceof RangeError) throw error
    const behind = error.cause instanceof Error ? ` (${error.cause.message})` : ''
    throw new ConfigError(`${setting}: ${error.message}${behind}`)
  }
}

interface Flag { readonly value: string | undefined, readonly fallback: string | undefined, readonly meaning: string }

/** Every flag, in the order in which the help lists them. `value` undefined: a switch. */
export const flags = {
  'listen': { value: 'HOST:PORT', fallback: '127.0.0.1:30600', meaning: 'the S3 endpoint; port 0 takes a free one' },
  'allow-open': { value: undefined, fallback: undefined, meaning: 'let everyone in although the endpoint is not on loopback' },
  'data': { value: 'DIR', fallback: './data', meaning: 'directory of the embedded store' },
  'paths': { value: 's3|pachd', fallback: 's3', meaning: 'path rules of the embedded server' },
  'pfs': {
    value: 'ADDRESS', fallback: undefined,
    meaning: 'a PFS server instead of the embedded one: grpc://host:port, grpcs://host:port, unix:path',
  },
  'serve-pfs': { value: 'HOST:PORT', fallback: undefined, meaning: 'open the embedded PFS server to other gRPC clients, on loopback' },
  'keys': { value: 'FILE', fallback: undefined, meaning: 'named S3 keys (JSON), not readable by others; read again on SIGHUP' },
  'tls-cert': { value: 'FILE', fallback: undefined, meaning: 'certificate chain (PEM): https; read again on SIGHUP' },
  'tls-key': { value: 'FILE', fallback: undefined, meaning: 'its private key (PEM), not readable by others; read again on SIGHUP' },
  'domain': { value: 'NAME', fallback: undefined, meaning: 'buckets also as virtual hosts under this name' },
  'head-max-age': { value: 'DURATION', fallback: '0', meaning: 'how old a branch head may be on reads: 0, 500ms, 2s, 1m' },
  'log-level': { value: 'LEVEL', fallback: 'info', meaning: 'trace, debug, info, warn, error, fatal or silent' },
  'help': { value: undefined, fallback: undefined, meaning: 'print this and exit' },
  'version': { value: undefined, fallback: undefined, meaning: 'print the version and exit' },
} as const satisfies Record<string, Flag>

type FlagName = keyof typeof flags

const prefix = 'PFS_S3_'

export function readConfig(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Config {
  const words = new Map<FlagName, string>(fromArguments(argv))
  const given = new Map<FlagName, string>([...fromEnvironment(environment), ...words])
  /** As whoever gave it wrote it. */
  const named = (name: FlagName): string => given.has(name) && !words.has(name) ? variableOf(name) : `--${name}`
  for (const [name, value] of given) if (value === '') throw new ConfigError(`${named(name)} needs a value: ${flags[name].value ?? ''}`)
  const get = (name: FlagName): string | undefined => given.get(name) ?? flags[name].fallback
  const config: Config = {
    listen: endpoint(named('listen'), get('listen') ?? ''),
    data: get('data') ?? '',
    paths: oneOf(named('paths'), get('paths') ?? '', ['s3', 'pachd']),
    // Unset and empty are the same in a variable that is not ours.
    pfs: given.get('pfs') ?? (environment['PACHD_ADDRESS'] || undefined),
    servePfs: get('serve-pfs'),
    keysFile: get('keys'),
    tls: tlsFiles(get('tls-cert'), get('tls-key')),
    domain: given.has('domain') ? hostName(named('domain'), get('domain') ?? '') : undefined,
    headMaxAgeMs: duration(named('head-max-age'), get('head-max-age') ?? ''),
    logLevel: oneOf(named('log-level'), get('log-level') ?? '', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    print: given.has('help') ? 'help' : given.has('version') ? 'version' : undefined,
  }
  if (config.print !== undefined) return Object.freeze(config)
  refuseContradictions(config, given)
  if (config.pfs !== undefined) requireScheme(given.has('pfs') ? named('pfs') : 'PACHD_ADDRESS', config.pfs)
  return Object.freeze(config)
}

function refuseContradictions(config: Config, given: ReadonlyMap<FlagName, string>): void {
  if (config.pfs !== undefined) {
    const other = given.has('pfs') ? '--pfs' : 'PACHD_ADDRESS'
    for (const name of ['data', 'paths', 'serve-pfs'] as const) {
      if (given.has(name)) throw new ConfigError(`--${name} is for the embedded store and cannot go with ${other}`)
    }
  }
  if (!isLoopback(config.listen.host) && config.keysFile === undefined && !given.has('allow-open')) {
    throw new ConfigError(`--listen ${config.listen.host}: without --keys everyone is let in; off loopback that needs --allow-open`)
  }
  if (config.servePfs !== undefined && !isLoopback(endpoint('--serve-pfs', config.servePfs).host)) {
    throw new ConfigError('--serve-pfs: only loopback addresses, for the embedded server asks nobody who they are')
  }
}

function variableOf(name: FlagName): string {
  return prefix + name.toUpperCase().replaceAll('-', '_')
}

function* fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Generator<[FlagName, string]> {
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || value === undefined) continue
    const name = variable.slice(prefix.length).toLowerCase().replaceAll('_', '-')
    if (!isFlag(name)) throw new ConfigError(`${variable}: there is no such setting`)
    if (flags[name].value !== undefined) yield [name, value]
    else if (oneOf(variable, value, ['true', 'false']) === 'true') yield [name, 'true']
  }
}

function* fromArguments(argv: readonly string[]): Generator<[FlagName, string]> {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] === '-h' ? '--help' : argv[i] ?? ''
    const [name = '', inline] = word.startsWith('--') ? splitOnce(word.slice(2)) : []
    if (!isFlag(name)) throw new ConfigError(`${word}: there is no such flag; see --help`)
    const takesValue = flags[name].value !== undefined
    if (!takesValue && inline !== undefined) throw new ConfigError(`--${name} takes no value`)
    const value = takesValue ? inline ?? argv[++i] : 'true'
    if (value === undefined) throw new ConfigError(`--${name} needs a value: ${flags[name].value ?? ''}`)
    yield [name, value]
  }
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=')
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

function isFlag(name: string): name is FlagName {
  return Object.hasOwn(flags, name)
}

function endpoint(name: string, text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535) throw new ConfigError(`${name} ${text}: not HOST:PORT, such as 127.0.0.1:30600`)
  return { host: match[1] ?? match[2] ?? '', port }
}

/** Whether a server is spoken to in the clear is not guessed, where pachctl takes it for granted; what was most likely meant is said. */
function requireScheme(name: string, address: string): void {
  if (/^(grpcs?:\/\/|unix:)/.test(address)) return
  if (/^(\[[^\]\s]+\]|[^:/\s]+):\d+$/.test(address)) {
    throw new ConfigError(`${name} ${address}: an address needs its scheme: grpc://${address}, or grpcs://${address} for TLS`)
  }
  throw new ConfigError(`${name} ${address}: not grpc://host:port, grpcs://host:port or unix:path`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** A name of DNS, in lower case: a scheme or a port would never match the Host of a request. */
function hostName(name: string, text: string): string {
  const lower = text.toLowerCase()
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(lower)) throw new ConfigError(`${name} ${text}: not a host name, without scheme and port`)
  return lower
}

function oneOf<Value extends string>(name: string, text: string, values: readonly Value[]): Value {
  const value = values.find((candidate) => candidate === text)
  if (value === undefined) throw new ConfigError(`${name} ${text}: one of ${values.join(', ')}`)
  return value
}

const unitMs = new Map([['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000]])

function duration(name: string, text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h)?$/.exec(text)
  if (match === null || (match[2] === undefined && match[1] !== '0')) {
    throw new ConfigError(`${name} ${text}: a duration such as 0, 500ms, 2s or 1m`)
  }
  return Number(match[1]) * (unitMs.get(match[2] ?? 'ms') ?? 1)
}

function tlsFiles(certFile: string | undefined, keyFile: string | undefined): Config['tls'] {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) throw new ConfigError('--tls-cert and --tls-key go together')
  return { certFile, keyFile }
}

/** The contents of a file that a flag names; `secret` ones must not be readable by others. */
export function readSettingFile(flag: FlagName, path: string, secret = false): Buffer {
  try {
    if (secret && (statSync(path).mode & 0o007) !== 0) {
      throw new ConfigError(`--${flag} ${path}: others may read or change this file; chmod 600 it`)
    }
    return readFileSync(path)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`--${flag} ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export function helpText(): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const left = `  --${name}${flag.value === undefined ? '' : ` ${flag.value}`}`
    return `${left.padEnd(26)} ${flag.meaning}${flag.fallback === undefined ? '' : ` (default ${flag.fallback})`}`
  })
  const twins = `Every flag has an environment twin: --head-max-age is ${prefix}HEAD_MAX_AGE. Flags win.`
  return ['Usage: pfs-s3 [flags]', '', ...rows, '', twins].join('\n')
}

/** The version of the package that this file is part of. */
export function versionText(): string {
  const stated = /"version": "([^"]+)"/.exec(readFileSync(join(__dirname, '../package.json'), 'utf8'))
  return `pfs-s3 ${stated?.[1] ?? ''}`
}
