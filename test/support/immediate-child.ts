import { listen } from '../../lib/http/listener'
import { noBody } from '../../lib/kit/reply'
import { selfSigned } from './certificate'

/**
 * Answers over TLS from an immediate, and keeps the loop busy afterwards until the client may have sent its next request; says its
 * port on stdout. A PUT is answered when all of it has come.
 */
async function main(): Promise<void> {
  const { cert, key } = selfSigned()
  const { port } = await listen({ host: '127.0.0.1', port: 0, tls: { cert: Buffer.from(cert), key: Buffer.from(key) } }, (exchange) => {
    if (exchange.head.method === 'PUT') {
      const end = (): void => { void exchange.reply({ status: 200, headers: [], body: noBody }) }
      exchange.body.start({ data: () => undefined, end, lost: () => undefined })
      return
    }
    setImmediate(() => {
      void exchange.reply({ status: 200, headers: [], body: { kind: 'bytes', bytes: Buffer.alloc(20_000) } })
      for (const until = performance.now() + 50; performance.now() < until;);
    })
  })
  process.stdout.write(`${String(port)}\n`)
}

void main()
