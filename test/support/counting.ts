import type { Transport } from '../../lib/pfs/transport'
import type { Rpcs } from '../../lib/wire/messages'

/** A transport that counts the calls that go through it. */
export interface Counting extends Transport {
  /** Calls since the last time, by the last part of their path. */
  take(): Record<string, number>
}

export function counting(transport: Transport): Counting {
  let counts: Record<string, number> = {}
  const count = (path: keyof Rpcs): void => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    counts[name] = (counts[name] ?? 0) + 1
  }
  return {
    unary: (path, request, options) => { count(path); return transport.unary(path, request, options) },
    serverStream: (path, request, options) => { count(path); return transport.serverStream(path, request, options) },
    clientStream: (path, options) => { count(path); return transport.clientStream(path, options) },
    close: () => transport.close(),
    ordered: transport.ordered,
    take: () => { const taken = counts; counts = {}; return taken },
  }
}
