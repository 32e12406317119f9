import type { Log } from './observe'

/**
 * Ctrl-C reaches a program that a launcher started twice: from the terminal, and passed on by the launcher. Nobody asks a second
 * time as fast.
 */
const sameAskMs = 500

/** Long enough for compilers at work to be done, too short to be noticed. */
const settleMs = 100

/**
 * Ends the process in a moment. At once, while V8 compiles beside the program, node could wait forever: for a thread that waits
 * for a collection, which only the thread that ends could do (nodejs/node#54918).
 */
export function exit(code: number): void {
  setTimeout(() => { process.exit(code) }, settleMs)
}

/** SIGTERM and SIGINT run `drain` and then end the process: 0 if it went well, 1 if not. A second signal ends at once. */
export function drainOnSignal(drain: () => Promise<void>, log: Log): void {
  let asked: number | undefined
  const end = async (): Promise<void> => {
    if (asked !== undefined) {
      if (performance.now() - asked > sameAskMs) process.exit(1)
      return
    }
    asked = performance.now()
    let code = 0
    try {
      await drain()
    } catch (error) {
      log.error('what was open could not be closed', error)
      code = 1
    }
    await log.flush()
    exit(code)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => { void end() })
}
