import pino from 'pino'
import { limits } from './limits'
import { LogWriter } from './log-writer'

/** What the spine tells of each request, once, when its answer is over. */
export interface RequestEvent {
  readonly requestId: string
  /** S3's name of the operation; undefined where the head was refused before it was known. */
  readonly operation: string | undefined
  readonly method: string
  /** Raw target; may hold credentials in its query until a subscriber redacts it. */
  readonly target: string
  readonly peer: string
  /** Display name of the key that signed, or `anonymous`; undefined before it is known. */
  readonly who: string | undefined
  readonly status: number
  /** S3 error code of the answer, if it is one. */
  readonly code: string | undefined
  /** Version id that the answer names, such as the commit of a write. */
  readonly version: string | undefined
  readonly bytesReceived: number
  readonly bytesSent: number
  /** False: the client was gone before the end of its answer. */
  readonly whole: boolean
  readonly ms: number
  /** A fault of ours, or the cause behind a 5xx: for the log, never for the client. */
  readonly fault: unknown
}

export type Subscriber = (event: RequestEvent) => void

export interface Log {
  info(message: string): void
  error(message: string, error?: unknown): void
  /** Writes out what is buffered, as far as that can be done soon; for the end of the process. */
  flush(): Promise<void>
  readonly access: Subscriber
}

/** JSON lines on stderr, one a request at `info`; those behind which a fault stands at `error`, with the stack of their cause. */
export function openLog(level: string): Log {
  const writer = new LogWriter((lost) => { logger.error({ lost }, 'lines of this log are lost: they could not be written') })
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, writer)
  return {
    info: (message) => { logger.info(message) },
    error: (message, error) => { logger.error({ err: error }, message) },
    flush: () => writer.flush(limits.logFlushMsMax),
    access(event) {
      const faulty = event.fault !== undefined
      if (!faulty && !logger.isLevelEnabled('info')) return
      const line = {
        id: event.requestId, op: event.operation, method: event.method, target: redactTarget(event.target), peer: event.peer,
        who: event.who, status: event.status, code: event.code, version: event.version,
        in: event.bytesReceived, out: event.bytesSent, ms: Math.round(event.ms * 1000) / 1000,
        ...event.whole ? {} : { cut: true },
      }
      if (faulty) logger.error({ ...line, err: event.fault })
      else logger.info(line)
    },
  }
}

const targetCharactersMax = 2048

/**
 * Credentials, signatures and encryption keys that a query may carry are cut out, however their names are written: who reads the
 * log must not be able to act as the client.
 */
export function redactTarget(target: string): string {
  const cut = target.length > targetCharactersMax ? `${target.slice(0, targetCharactersMax)}…` : target
  const at = cut.indexOf('?') + 1
  if (at === 0) return cut
  return cut.slice(0, at) + cut.slice(at).split('&').map((piece) => {
    const name = piece.slice(0, piece.indexOf('=') + 1)
    return secretNames.test(decoded(name)) ? `${name}…` : piece
  }).join('&')
}

const secretNames = /^(?:x-amz-(?:signature|credential|security-token|.*customer-key)|awsaccesskeyid|signature)=$/i

/** A name as whoever takes the query reads it. */
function decoded(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
