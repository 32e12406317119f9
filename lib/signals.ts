import type { Log } from './observe'

/** SIGTERM and SIGINT run `drain` and then end the process: 0 if it went well, 1 if not. A second signal ends at once. */
export function drainOnSignal(drain: () => Promise<void>, log: Log): void {
  let draining = false
  const end = async (): Promise<void> => {
    if (draining) process.exit(1)
    draining = true
    let code = 0
    try {
      await drain()
    } catch (error) {
      log.error('what was open could not be closed', error)
      code = 1
    }
    log.flush()
    process.exit(code)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => { void end() })
}
