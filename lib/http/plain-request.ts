import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const text = 'A plain HTTP request was sent to an HTTPS port.\n'
const answer = [
  'HTTP/1.1 400 Bad Request', 'Content-Type: text/plain', `Content-Length: ${String(text.length)}`, 'Connection: close', '', text,
].join('\r\n')

/**
 * Tells a client that speaks HTTP without TLS what is wrong; an end without a word would say nothing to it. `socket` is the one
 * whose handshake failed. The connection beneath it stands until the handler of that failure returns, and what is written to it
 * there goes out before it is closed.
 */
export function answerPlainRequest(socket: Duplex): void {
  // node has no documented name for the connection beneath; without one the client sees the end alone.
  const beneath = '_parent' in socket ? socket._parent : undefined
  if (beneath instanceof Socket && beneath.writable) beneath.end(answer)
}
