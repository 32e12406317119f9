import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** What it wrote to stderr so far. */
  log(): string
}

/** `launcher`: the command that starts node, where that is not this process. */
interface Launch { readonly launcher?: readonly string[] }

/** Starts lib/server.js on a free port over `data` (none where it is empty), ready to serve. */
export async function startServer(data: string, flags: readonly string[] = [], launch: Launch = {}): Promise<RunningServer> {
  const program = [process.execPath, join(__dirname, '../../lib/server.js')]
  const own = ['--listen', '127.0.0.1:0', ...data === '' ? [] : ['--data', data], '--log-level', 'warn']
  const [command = '', ...words] = [...launch.launcher ?? [], ...program, ...own, ...flags]
  const server = spawn(command, words, { env: ownEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  server.stderr.on('data', (chunk: Buffer) => { log += chunk.toString() })
  const exited = once(server, 'exit')
  const line = await Promise.race([
    once(createInterface({ input: server.stdout }), 'line').then(([text]) => String(text)),
    exited.then(() => { throw new Error(`the server did not start: ${log}`) }),
  ])
  const url = line.replace('pfs-s3 listening on ', '')
  return {
    url,
    port: Number(new URL(url).port),
    process: server,
    async kill() {
      server.kill('SIGKILL')
      await exited
    },
    async stop() {
      server.kill('SIGTERM')
      await exited
      return server.exitCode
    },
    log: () => log,
  }
}

/** This process's environment less what would set the server up otherwise than its flags do, and what makes node write beside its log. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PFS_S3_|PACHD_)/.test(name))
  return { ...Object.fromEntries(kept), NODE_NO_WARNINGS: '1' }
}
