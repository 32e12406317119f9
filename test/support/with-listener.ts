import net from 'node:net'
import { listen, type Listener } from '../../lib/http/listener'
import type { Exchange } from '../../lib/http/exchange'

/** Sends bytes, answers everything that came back once the connection is closed or `until` is seen. */
export function talk(port: number, request: string | Buffer, until?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (until !== undefined && text.includes(until)) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => { resolve(text) })
    socket.write(request)
  })
}

/** An endpoint that serves as it is told; it ends with the test. */
export async function withListener(t: { teardown(fn: () => unknown): unknown }, serve: (exchange: Exchange) => void): Promise<Listener> {
  const listener = await listen({ host: '127.0.0.1', port: 0 }, serve)
  t.teardown(() => listener.drain(0))
  return listener
}
