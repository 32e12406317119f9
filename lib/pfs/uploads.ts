import type { Backend } from './backend'
import type { Uploads } from './contract'
import { PfsError } from './failure'

/** Multipart uploads on a server that keeps none: every call is refused. */
export function uploads(_backend: Backend): Uploads {
  const refuse = (): Promise<never> => Promise.reject(new PfsError('internal', 'this server keeps no multipart uploads'))
  return { create: refuse, get: refuse, putPart: refuse, parts: refuse, list: refuse, complete: refuse, completed: refuse, abort: refuse }
}
